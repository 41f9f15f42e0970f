//===- YAMLTree.cpp - A YAML document with its source locations -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/YAMLTree.h"

#include "garam/Support/DiagnosedError.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

using namespace llvm;

namespace garam {

const YAMLEntry *YAMLNode::find(StringRef key) const {
  auto it = find_if(entries,
                    [&](const YAMLEntry &entry) { return entry.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

std::string YAMLNode::describe() const {
  switch (kind) {
  case Kind::Null:
    return "nothing";
  case Kind::Scalar:
    return "'" + scalar + "'";
  case Kind::Sequence:
    return "a sequence";
  case Kind::Mapping:
    return "a mapping";
  }
  return "";
}

void YAMLErrors::add(YAMLLocation location, const Twine &message) {
  errors.emplace(std::pair(location.line, location.column), message.str());
}

Error YAMLErrors::take() {
  std::vector<DiagnosisParts> parts;
  for (const auto &[location, message] : errors) {
    parts.push_back(DiagnosisParts::parse(message));
    parts.back().file = file;
    std::tie(parts.back().line, parts.back().column) = location;
  }
  errors.clear();
  return parts.empty() ? Error::success()
                       : makeDiagnosedError(ExitCode::Config, std::move(parts));
}

Error YAMLErrors::takeFirstAs(const Twine &message) {
  if (errors.empty())
    return Error::success();
  std::pair<unsigned, unsigned> place = errors.begin()->first;
  errors.clear();
  add({place.first, place.second}, message);
  return take();
}

namespace {

/// Walks the nodes of LLVM's parser, which are parsed as they are visited.
/// After the first syntax error nothing more is visited, because the parser
/// cannot go on from the middle of a collection.
class TreeBuilder {
public:
  TreeBuilder(StringRef text, YAMLErrors &errors) : text(text), errors(errors) {
    for (auto [position, character] : enumerate(text))
      if (character == '\n')
        lineStarts.push_back(position + 1);
  }

  YAMLNode build();

private:
  YAMLNode convert(yaml::Node *node, unsigned depth);
  void convertMapping(yaml::MappingNode *mapping, YAMLNode &result,
                      unsigned depth);
  YAMLLocation locate(const yaml::Node *node) const;
  YAMLLocation locate(const char *position) const;
  void fail(YAMLLocation location, const Twine &message);

  StringRef text;
  YAMLErrors &errors;
  std::vector<size_t> lineStarts = {0};
  bool failed = false;
};

} // namespace

YAMLLocation TreeBuilder::locate(const char *position) const {
  if (position < text.begin() || position > text.end())
    return {};
  size_t offset = position - text.begin();
  size_t line = upper_bound(lineStarts, offset) - lineStarts.begin();
  return {unsigned(line), unsigned(offset - lineStarts[line - 1]) + 1};
}

YAMLLocation TreeBuilder::locate(const yaml::Node *node) const {
  return locate(node->getSourceRange().Start.getPointer());
}

void TreeBuilder::fail(YAMLLocation location, const Twine &message) {
  if (!failed)
    errors.add(location, message);
  failed = true;
}

void TreeBuilder::convertMapping(yaml::MappingNode *mapping, YAMLNode &result,
                                 unsigned depth) {
  result.kind = YAMLNode::Kind::Mapping;
  StringSet<> keys;
  for (yaml::KeyValueNode &pair : *mapping) {
    auto *key = dyn_cast_or_null<yaml::ScalarNode>(pair.getKey());
    if (failed)
      return;
    if (!key)
      return fail(result.location, "every key of a mapping must be a name");
    YAMLEntry entry;
    entry.location = locate(key);
    SmallString<64> storage;
    entry.key = key->getValue(storage).str();
    entry.value = convert(pair.getValue(), depth + 1);
    if (failed)
      return;
    // The parser places a collection at its first token, or nowhere.
    if (!entry.value.isScalar())
      entry.value.location = entry.location;
    if (!keys.insert(entry.key).second)
      errors.add(entry.location, "field '" + entry.key +
                                     "' is given twice in the same mapping; "
                                     "keep one of them");
    else
      result.entries.push_back(std::move(entry));
  }
}

YAMLNode TreeBuilder::convert(yaml::Node *node, unsigned depth) {
  YAMLNode result;
  if (!node) {
    failed = true; // the parser has reported why
    return result;
  }
  if (!isa<yaml::NullNode>(node))
    result.location = locate(node);
  if (depth > maxYAMLDepth) {
    fail(result.location,
         "collections are nested more than " + Twine(maxYAMLDepth) + " deep");
  } else if (isa<yaml::AliasNode>(node) || !node->getAnchor().empty() ||
             !node->getRawTag().empty()) {
    fail(result.location,
         "anchors, aliases and tags are not supported; write the value out");
  } else if (auto *scalar = dyn_cast<yaml::ScalarNode>(node)) {
    SmallString<64> storage;
    result.kind = YAMLNode::Kind::Scalar;
    result.isQuoted = scalar->getRawValue().starts_with("\"") ||
                      scalar->getRawValue().starts_with("'");
    result.scalar = scalar->getValue(storage).str();
  } else if (auto *block = dyn_cast<yaml::BlockScalarNode>(node)) {
    result.kind = YAMLNode::Kind::Scalar;
    result.isQuoted = true;
    result.scalar = block->getValue().str();
  } else if (auto *mapping = dyn_cast<yaml::MappingNode>(node)) {
    convertMapping(mapping, result, depth);
  } else if (auto *sequence = dyn_cast<yaml::SequenceNode>(node)) {
    result.kind = YAMLNode::Kind::Sequence;
    for (yaml::Node &element : *sequence) {
      result.elements.push_back(convert(&element, depth + 1));
      if (failed)
        break;
    }
  }
  return result;
}

YAMLNode TreeBuilder::build() {
  SourceMgr sourceManager;
  sourceManager.setDiagHandler(
      [](const SMDiagnostic &diagnostic, void *opaque) {
        if (diagnostic.getKind() == SourceMgr::DK_Error)
          static_cast<TreeBuilder *>(opaque)->fail(
              {unsigned(std::max(diagnostic.getLineNo(), 1)),
               unsigned(std::max(diagnostic.getColumnNo(), 0)) + 1},
              "not valid YAML: " + diagnostic.getMessage());
      },
      this);
  yaml::Stream stream(text, sourceManager, /*ShowColors=*/false);
  YAMLNode result;
  auto document = stream.begin();
  if (document == stream.end())
    return result;
  result = convert(document->getRoot(), 0);
  result.location = {};
  if (failed)
    return result;
  ++document;
  if (!failed && document != stream.end())
    fail({}, "the file has more than one YAML document; only one is allowed");
  return result;
}

YAMLNode readYAML(MemoryBufferRef file, YAMLErrors &errors) {
  // The parser is not made for binary data.
  StringRef text = file.getBuffer();
  auto *bytes = reinterpret_cast<const UTF8 *>(text.bytes_begin());
  if (text.contains('\0') || !isLegalUTF8String(&bytes, bytes + text.size())) {
    errors.add({}, "not a text file in UTF-8");
    return {};
  }
  return TreeBuilder(text, errors).build();
}

} // namespace garam
