//===- TargetSchema.cpp - Fields of target files --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/TargetSchema.h"

#include "garam/Support/Errors.h"
#include "garam/Support/Figures.h"
#include "garam/Support/NearestName.h"
#include "garam/Support/YAMLTree.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;

namespace garam {

//===----------------------------------------------------------------------===//
// Words for messages and for the documentation
//===----------------------------------------------------------------------===//

static std::string describeType(const FigureSlot &slot) {
  if (std::holds_alternative<bool *>(slot))
    return "true or false";
  return std::holds_alternative<double *>(slot) ? "number" : "integer";
}

static std::string describeRange(const FigureField &field,
                                 const FigureSlot &slot) {
  if (std::holds_alternative<bool *>(slot))
    return "";
  std::string high = formatNumber(field.range.high);
  if (field.range.aboveLow)
    return "above " + formatNumber(field.range.low) + ", at most " + high;
  return formatNumber(field.range.low) + " to " + high;
}

/// "an integer from 1 to 64", "a number in J/B from 0 to 1e-06".
static std::string describeNeed(const FigureField &field,
                                const FigureSlot &slot) {
  if (std::holds_alternative<bool *>(slot))
    return "true or false";
  std::string need =
      std::holds_alternative<double *>(slot) ? "a number" : "an integer";
  if (!field.unit.empty())
    need += (" in " + field.unit).str();
  if (field.range.aboveLow)
    return need + " " + describeRange(field, slot);
  return need + " from " + describeRange(field, slot);
}

static constexpr StringLiteral figureForm =
    "{ value: X, source: \"where the figure is from\" } or "
    "{ value: X, assumed: \"why\" }";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

class TargetReader : public TargetSchemaVisitor, public TargetRelations {
public:
  TargetReader(const YAMLNode &root, YAMLErrors &errors) : errors(errors) {
    scopes.push_back({&root, {}, "", {"name", "kind", "description"}});
  }

  void figure(const FigureField &field, FigureSlot slot) override;
  void section(StringLiteral name, bool required, StringLiteral meaning,
               function_ref<void()> fields) override;
  void variants(const VariantsField &field,
                function_ref<void(unsigned)> fields) override;
  void text(const TextField &field, TakeText take) override;
  void sequence(const SequenceField &field,
                function_ref<void()> fields) override;

  /// Reports the fields of the file's top level that the schema lacks.
  void finish() { reportUnknownFields(); }

  void require(bool holds, StringRef path, const Twine &message,
               ArrayRef<StringRef> others) override;

private:
  /// A mapping that is being read.
  struct Scope {
    const YAMLNode *node;
    YAMLLocation location;
    std::string path; // "" or "dram."
    SmallVector<StringRef, 8> known;
  };

  const YAMLEntry *find(StringRef name);
  void readScope(const YAMLNode &node, const Twine &path,
                 function_ref<void()> fields, ArrayRef<StringRef> known = {});
  std::optional<unsigned> readVariant(const VariantsField &field,
                                      SmallVectorImpl<unsigned> &seen);
  void reportUnknownFields();
  bool readValue(const YAMLNode &node, const FigureField &field,
                 FigureSlot slot);
  void checkProvenance(const YAMLNode &figure, const std::string &path);

  YAMLErrors &errors;
  SmallVector<Scope, 4> scopes;
  StringMap<YAMLLocation> valid; // where each value that was read stands
};

} // namespace

const YAMLEntry *TargetReader::find(StringRef name) {
  scopes.back().known.push_back(name);
  return scopes.back().node->find(name);
}

void TargetReader::reportUnknownFields() {
  const Scope &scope = scopes.back();
  for (const YAMLEntry &entry : scope.node->entries) {
    if (is_contained(scope.known, entry.key))
      continue;
    StringRef nearest = findNearestName(entry.key, scope.known);
    std::string hint = nearest.empty()
                           ? "needed one of: " + join(scope.known, ", ")
                           : "did you mean '" + nearest.str() + "'?";
    errors.add(entry.location,
               "unknown field '" + scope.path + entry.key + "'; " + hint);
  }
}

void TargetReader::readScope(const YAMLNode &node, const Twine &path,
                             function_ref<void()> fields,
                             ArrayRef<StringRef> known) {
  std::string name = path.str();
  if (!node.isMapping()) {
    errors.add(node.location, "section '" + name + "': found " +
                                  node.describe() +
                                  ", needed a mapping of its fields");
    return;
  }
  scopes.push_back({&node, node.location, name + ".", {}});
  scopes.back().known.append(known.begin(), known.end());
  fields();
  reportUnknownFields();
  scopes.pop_back();
}

void TargetReader::section(StringLiteral name, bool required,
                           StringLiteral meaning, function_ref<void()> fields) {
  if (const YAMLEntry *entry = find(name))
    return readScope(entry->value, scopes.back().path + name, fields);
  if (required)
    errors.add(scopes.back().location, "section '" + scopes.back().path + name +
                                           "' is missing; needed: " + meaning);
}

void TargetReader::variants(const VariantsField &field,
                            function_ref<void(unsigned)> fields) {
  const YAMLEntry *entry = find(field.name);
  std::string path = scopes.back().path + field.name.str();
  if (!entry || entry->value.elements.empty()) {
    errors.add(entry ? entry->location : scopes.back().location,
               "field '" + path + "'" +
                   (entry ? ": found " + entry->value.describe() + ", needed"
                          : " is missing; needed:") +
                   " a sequence of at least one " + field.item + ": " +
                   field.meaning);
    return;
  }
  SmallVector<unsigned> seen;
  for (auto [i, element] : enumerate(entry->value.elements))
    readScope(
        element, path + "[" + Twine(i) + "]",
        // The fields of a mapping without a valid name are checked as well.
        [&] { fields(readVariant(field, seen).value_or(0)); }, {field.key});
}

std::optional<unsigned>
TargetReader::readVariant(const VariantsField &field,
                          SmallVectorImpl<unsigned> &seen) {
  const YAMLEntry *entry = scopes.back().node->find(field.key);
  std::string path = "field '" + scopes.back().path + field.key.str() + "'";
  std::string names = join(field.names, ", ");
  if (!entry) {
    errors.add(scopes.back().location,
               path + " is missing; needed one of: " + names);
    return std::nullopt;
  }
  const YAMLNode &node = entry->value;
  const auto *known = find_if(field.names, [&](StringRef name) {
    return node.isScalar() && node.scalar == name;
  });
  if (known == field.names.end()) {
    errors.add(node.location, path + ": found " + node.describe() +
                                  ", needed one of: " + names);
    return std::nullopt;
  }
  unsigned number = known - field.names.begin();
  if (is_contained(seen, number))
    errors.add(node.location, path + ": " + node.describe() + " has a " +
                                  field.item + " already; keep one");
  seen.push_back(number);
  return number;
}

void TargetReader::sequence(const SequenceField &field,
                            function_ref<void()> fields) {
  const YAMLEntry *entry = find(field.name);
  if (!entry && field.isOptional)
    return;
  std::string path = scopes.back().path + field.name.str();
  bool isRight = entry && entry->value.kind == YAMLNode::Kind::Sequence &&
                 (field.isOptional || !entry->value.elements.empty());
  if (!isRight) {
    errors.add(entry ? entry->location : scopes.back().location,
               "field '" + path + "'" +
                   (entry ? ": found " + entry->value.describe() + ", needed"
                          : " is missing; needed:") +
                   " a sequence of " +
                   (field.isOptional ? "mappings, one a "
                                     : "at least one mapping, one a ") +
                   field.item + ": " + field.meaning);
    return;
  }
  for (auto [i, element] : enumerate(entry->value.elements))
    readScope(element, path + "[" + Twine(i) + "]", fields);
}

void TargetReader::text(const TextField &field, TakeText take) {
  const YAMLEntry *entry = find(field.name);
  std::string path = scopes.back().path + field.name.str();
  if (!entry) {
    errors.add(scopes.back().location,
               "field '" + path + "' is missing; needed " + field.need);
    return;
  }
  auto complain = [&](const YAMLNode &node, const std::string &what) {
    errors.add(node.location, "field '" + path + "': " + what);
  };
  ArrayRef<YAMLNode> nodes = entry->value;
  if (field.count > 1)
    nodes = entry->value.elements;
  if (nodes.size() != field.count)
    return complain(entry->value, "found " + entry->value.describe() +
                                      ", needed " + field.need.str());
  bool isRight = true;
  for (const YAMLNode &node : nodes) {
    std::string wrong =
        node.isScalar() && !node.scalar.empty()
            ? take(node.scalar)
            : "found " + node.describe() + ", needed " + field.need.str();
    if (!wrong.empty())
      complain(node, wrong);
    isRight &= wrong.empty();
  }
  if (isRight)
    valid[path] = entry->value.location;
}

void TargetReader::figure(const FigureField &field, FigureSlot slot) {
  const YAMLEntry *entry = find(field.name);
  const Scope &scope = scopes.back();
  std::string path = scope.path + field.name.str();
  if (!entry) {
    errors.add(scope.location, "field '" + path + "' is missing; needed " +
                                   describeNeed(field, slot) + ": " +
                                   field.meaning);
    return;
  }
  const YAMLNode &node = entry->value;
  if (!node.isMapping()) {
    errors.add(node.location, "field '" + path + "': found " + node.describe() +
                                  ", needed " + figureForm);
    return;
  }
  checkProvenance(node, path);
  const YAMLEntry *value = node.find("value");
  if (!value)
    errors.add(node.location, "field '" + path + "' has no 'value'; needed " +
                                  describeNeed(field, slot));
  else if (readValue(value->value, field, slot))
    valid[path] = value->value.location;
  else
    errors.add(value->value.location,
               "field '" + path + "': found " + value->value.describe() +
                   ", needed " + describeNeed(field, slot));
}

void TargetReader::checkProvenance(const YAMLNode &figure,
                                   const std::string &path) {
  unsigned given = 0;
  for (const YAMLEntry &entry : figure.entries) {
    if (entry.key == "value")
      continue;
    if (entry.key != "source" && entry.key != "assumed") {
      errors.add(entry.location, "unknown key '" + entry.key + "' in field '" +
                                     path + "'; needed " + figureForm);
      continue;
    }
    ++given;
    if (!entry.value.isScalar() || StringRef(entry.value.scalar).trim().empty())
      errors.add(entry.value.location,
                 "'" + entry.key + "' of field '" + path + "': found " +
                     entry.value.describe() + ", needed a text that says " +
                     (entry.key == "source" ? "where the figure is from"
                                            : "why it is assumed"));
  }
  if (given != 1)
    errors.add(figure.location,
               "field '" + path + "' has " +
                   (given ? "both 'source' and 'assumed'; keep one"
                          : "neither 'source' nor 'assumed'; say where the "
                            "figure is from or why it is assumed"));
}

/// Reads a number or truth value into `slot`; false when it is not one or not
/// in the range.
bool TargetReader::readValue(const YAMLNode &node, const FigureField &field,
                             FigureSlot slot) {
  if (!node.isScalar() || node.isQuoted)
    return false;
  StringRef text = node.scalar;
  if (auto *truth = std::get_if<bool *>(&slot)) {
    **truth = text == "true";
    return text == "true" || text == "false";
  }
  auto isInRange = [&](double value) {
    return std::isfinite(value) && value <= field.range.high &&
           (field.range.aboveLow ? value > field.range.low
                                 : value >= field.range.low);
  };
  if (auto *number = std::get_if<double *>(&slot))
    return !text.getAsDouble(**number) && isInRange(**number);
  uint64_t integer;
  if (text.getAsInteger(10, integer) || !isInRange(double(integer)))
    return false;
  if (auto *wide = std::get_if<uint64_t *>(&slot))
    **wide = integer;
  else
    *std::get<uint32_t *>(slot) = integer; // every range of one ends below 2^32
  return true;
}

void TargetReader::require(bool holds, StringRef path, const Twine &message,
                           ArrayRef<StringRef> others) {
  auto isValid = [&](StringRef name) { return valid.contains(name); };
  if (!holds && isValid(path) && all_of(others, isValid))
    errors.add(valid[path], "field '" + path + "': " + message);
}

Error readTargetFields(MemoryBufferRef file, StringRef kind, std::string &name,
                       function_ref<void(TargetSchemaVisitor &)> visit,
                       function_ref<void(TargetRelations &)> relate) {
  YAMLErrors errors(file.getBufferIdentifier());
  YAMLNode root = readYAML(file, errors);
  if (Error error = errors.take())
    return error;
  TargetHeader header = readTargetHeader(root, errors);
  if (root.isMapping() && (header.kind.empty() || header.kind == kind)) {
    name = header.name;
    TargetReader reader(root, errors);
    visit(reader);
    reader.finish();
    relate(reader);
  } else if (root.isMapping()) {
    errors.add(root.find("kind")->value.location,
               "field 'kind': found '" + header.kind + "', needed '" + kind +
                   "'");
  }
  return errors.take();
}

//===----------------------------------------------------------------------===//
// Parts that several classes have
//===----------------------------------------------------------------------===//

void visitLink(TargetSchemaVisitor &visitor, const LinkSlots &slots) {
  visitor.figure({"bytes_per_second",
                  "B/s",
                  {1e6, 1e15},
                  "each direction, as programs see it"},
                 slots.bytesPerSecond);
  visitor.figure({"seconds", "s", {0, 1e-2}, "latency of a transfer"},
                 slots.seconds);
  visitor.figure(
      {"energy_joules_per_byte", "J/B", {0, 1e-6}, "energy of moving a byte"},
      slots.joulesPerByte);
}

void visitHostLink(TargetSchemaVisitor &visitor, std::optional<HostLink> &link,
                   bool isRequired) {
  visitor.section(
      "host_link", isRequired,
      "link to the host; in a model's latency and energy only where a system "
      "has the host too",
      [&] {
        HostLink &slots = link.emplace();
        visitLink(visitor,
                  {&slots.bytesPerSecond, &slots.seconds, &slots.joulePerByte});
      });
}

//===----------------------------------------------------------------------===//
// Listing the fields
//===----------------------------------------------------------------------===//

namespace {

class FieldCollector : public TargetSchemaVisitor {
public:
  std::vector<TargetField> fields;

  void figure(const FigureField &field, FigureSlot slot) override {
    add(field.name, describeType(slot), field.unit, describeRange(field, slot),
        field.meaning);
  }
  void section(StringLiteral name, bool required, StringLiteral meaning,
               function_ref<void()> visitFields) override {
    add(name, required ? "section" : "optional section", "", "", meaning);
    std::string outer = std::exchange(prefix, prefix + name.str() + ".");
    visitFields();
    prefix = outer;
  }
  void variants(const VariantsField &field,
                function_ref<void(unsigned)> visitFields) override {
    add(field.name, "sequence", "", "at least one, no " + field.key + " twice",
        field.meaning);
    std::string outer =
        std::exchange(prefix, prefix + field.name.str() + "[].");
    add(field.key, "name", "", join(field.names, ", "), field.keyMeaning);
    visitFields(0);
    prefix = outer;
  }
  void text(const TextField &field, TakeText) override {
    add(field.name, field.count == 1 ? "text" : "sequence of texts", "",
        field.need, field.meaning);
  }
  void sequence(const SequenceField &field,
                function_ref<void()> visitFields) override {
    add(field.name, field.isOptional ? "optional sequence" : "sequence", "",
        field.isOptional ? "" : "at least one", field.meaning);
    std::string outer =
        std::exchange(prefix, prefix + field.name.str() + "[].");
    visitFields();
    prefix = outer;
  }
  void add(StringRef name, StringRef type, StringRef unit, const Twine &range,
           StringRef meaning) {
    fields.push_back({prefix + name.str(), type.str(), unit.str(), range.str(),
                      meaning.str()});
  }

private:
  std::string prefix;
};

} // namespace

std::vector<TargetField>
listTargetFields(StringRef kind,
                 function_ref<void(TargetSchemaVisitor &)> visit) {
  FieldCollector collector;
  collector.add("name", "text", "", "letters, digits, '_', '-', '.'",
                "what the target is called on the command line");
  collector.add("kind", "text", "", kind, "class of device");
  collector.add("description", "text", "", "", "one sentence for lists");
  visit(collector);
  return collector.fields;
}

} // namespace garam
