//===- PlacementRules.cpp - Placement by hand -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/Transforms/PlacementRules.h"

#include "garam/Support/Errors.h"
#include "garam/Support/JSONKeys.h"
#include "garam/Support/JSONNesting.h"
#include "garam/Support/NearestName.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace garam::hetero {

static constexpr int64_t schemaVersion = 1;
/// What has a meaning of its own in a glob.
static constexpr StringLiteral wildcards = "?*[\\";

static Error makeError(const Twine &file, const Twine &message) {
  return makeUserError(ExitCode::Config, file + ": " + message);
}

std::string PlacementRules::describe(const PlacementRule &rule) const {
  bool isNode = rule.kind == PlacementRule::Kind::Node;
  return (file + ": rules[" + Twine(rule.number) + "] ('" +
          (isNode ? "node" : "op") + "': '" + rule.pattern + "')")
      .str();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Takes the text of field `name` of a rule.
static Error takeText(const json::Value &value, StringRef file,
                      const Twine &name, std::string &text) {
  std::optional<StringRef> found = value.getAsString();
  if (!found || found->empty())
    return makeError(file, name + ": needed a text that is not empty");
  text = found->str();
  return Error::success();
}

static Error readReasons(const json::Value &value, StringRef file,
                         const Twine &name, RefusalReasons &reasons) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return makeError(file, name + ": needed an object of device and text");
  for (const auto &[device, reason] : *object)
    if (Error error = takeText(reason, file, name + "." + StringRef(device),
                               reasons[StringRef(device).str()]))
      return error;
  return Error::success();
}

static Expected<PlacementRule> readRule(const json::Value &value,
                                        StringRef file, unsigned number) {
  std::string name = ("rules[" + Twine(number) + "]").str();
  const json::Object *object = value.getAsObject();
  if (!object)
    return makeError(file, name + ": needed an object");
  PlacementRule rule;
  for (const auto &[key, field] : *object) {
    StringRef text = key;
    Error error =
        text == "node" || text == "op"
            ? takeText(field, file, name + "." + text, rule.pattern)
        : text == "device"
            ? takeText(field, file, name + ".device", rule.device)
        : text == "reasons"
            ? readReasons(field, file, name + ".reasons", rule.reasons)
            : makeError(file, name + ": unknown field '" + text +
                                  "'; needed node or op, device, reasons");
    if (error)
      return std::move(error);
  }
  bool hasNode = object->get("node"), hasOperator = object->get("op");
  if (hasNode == hasOperator)
    return makeError(file, name + (hasNode ? ": has both 'node' and 'op'; keep "
                                             "one"
                                           : ": has neither 'node' nor 'op'; "
                                             "needed a pattern of either"));
  if (rule.device.empty())
    return makeError(file, name + ": has no 'device'");
  rule.kind =
      hasNode ? PlacementRule::Kind::Node : PlacementRule::Kind::Operator;
  return rule;
}

/// The list of rules of a file whose head is right.
static Expected<const json::Array *> readHead(const json::Value &value,
                                              StringRef file) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return makeError(file, "needed an object with 'schema' and 'rules'");
  for (const auto &[key, field] : *object)
    if (StringRef(key) != "schema" && StringRef(key) != "rules")
      return makeError(file, "unknown field '" + StringRef(key) +
                                 "'; needed schema, rules");
  if (object->getInteger("schema") != schemaVersion)
    return makeError(file, "'schema': needed " + Twine(schemaVersion));
  const json::Array *rules = object->getArray("rules");
  if (!rules)
    return makeError(file, "'rules': needed a list of rules");
  return rules;
}

/// Nesting of a placement: root, list, rule, reasons.
static constexpr unsigned maxNesting = 4;

Expected<PlacementRules> PlacementRules::parse(StringRef text, StringRef file) {
  if (!isJSONNestingBounded(text, maxNesting))
    return makeError(file, "nested deeper than " + Twine(maxNesting));
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return makeError(file, "no JSON: " + toString(value.takeError()));
  Expected<const json::Array *> list = readHead(*value, file);
  if (!list)
    return list.takeError();
  if (std::optional<JSONKeyPlace> twice = findRepeatedKey(text))
    return makeError(file + ":" + std::to_string(twice->line) + ":" +
                         std::to_string(twice->column),
                     "'" + twice->key +
                         "' is there twice in one object; keep one");
  PlacementRules rules;
  rules.file = file.str();
  for (auto [number, entry] : enumerate(**list)) {
    Expected<PlacementRule> rule = readRule(entry, file, number);
    if (!rule)
      return rule.takeError();
    rule->number = number;
    if (Error error = rules.add(std::move(*rule)))
      return std::move(error);
  }
  return std::move(rules);
}

/// A pattern that matches one text alone: that text.
static std::optional<std::string> getLiteral(StringRef pattern) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size())
      ++i;
    else if (wildcards.contains(pattern[i]))
      return std::nullopt;
    text += pattern[i];
  }
  return text;
}

Error PlacementRules::add(PlacementRule rule) {
  unsigned number = rules.size();
  rules.push_back(std::make_unique<PlacementRule>(std::move(rule)));
  const PlacementRule &added = *rules.back();
  Globs &globs = added.kind == PlacementRule::Kind::Node ? nodes : operators;
  if (std::optional<std::string> literal = getLiteral(added.pattern)) {
    globs.literals[*literal] = number;
    return Error::success();
  }
  Expected<GlobPattern> glob = GlobPattern::create(added.pattern);
  if (!glob)
    return makeUserError(ExitCode::Config,
                         describe(added) +
                             ": not a pattern: " + toString(glob.takeError()));
  globs.patterns.emplace_back(number, std::move(*glob));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

unsigned PlacementRules::Globs::match(StringRef text) const {
  unsigned last = 0;
  if (auto found = literals.find(text); found != literals.end())
    last = found->second + 1;
  for (const auto &[number, glob] : reverse(patterns)) {
    if (number < last)
      break;
    if (glob.match(text))
      return number + 1;
  }
  return last;
}

const PlacementRule *PlacementRules::lookup(StringRef id, StringRef op) const {
  unsigned last = std::max(nodes.match(id), operators.match(op));
  return last ? rules[last - 1].get() : nullptr;
}

/// "; did you mean 'x'?" for the name that is nearest to `text`, or nothing
/// when none is near.
static std::string suggest(StringRef text, ArrayRef<StringRef> names) {
  StringRef nearest = findNearestName(text, names);
  return nearest.empty() ? "" : ("; did you mean '" + nearest + "'?").str();
}

PlacementRules::NodeTexts::NodeTexts(ArrayRef<PlacedNode> nodes) {
  for (const PlacedNode &node : nodes) {
    ids.insert(node.id);
    ops.insert(node.op);
  }
}

bool PlacementRules::matchesAny(unsigned number, const NodeTexts &texts) const {
  bool isNode = rules[number]->kind == PlacementRule::Kind::Node;
  const StringSet<> &candidates = isNode ? texts.ids : texts.ops;
  if (std::optional<std::string> literal = getLiteral(rules[number]->pattern))
    return candidates.contains(*literal);
  const auto &patterns = (isNode ? nodes : operators).patterns;
  const GlobPattern &glob = find_if(patterns, [&](const auto &entry) {
                              return entry.first == number;
                            })->second;
  return any_of(candidates.keys(),
                [&](StringRef text) { return glob.match(text); });
}

Error PlacementRules::checkMatches(ArrayRef<PlacedNode> nodes) const {
  NodeTexts texts(nodes);
  Error errors = Error::success();
  for (auto [number, rule] : enumerate(rules)) {
    std::optional<std::string> literal = getLiteral(rule->pattern);
    // A pattern may be of all that there is, though there is nothing.
    if (matchesAny(number, texts) || (nodes.empty() && !literal))
      continue;
    bool isNode = rule->kind == PlacementRule::Kind::Node;
    SmallVector<StringRef> names =
        map_to_vector(nodes, [&](const PlacedNode &node) -> StringRef {
          return isNode ? node.id : node.op;
        });
    std::string what =
        literal
            ? std::string(isNode ? "the model has no node of this name"
                                 : "no node of the model has this operator") +
                  suggest(*literal, names)
            : "matches nothing in the model";
    errors = joinErrors(
        std::move(errors),
        makeUserError(ExitCode::Config, describe(*rule) + ": " + what));
  }
  return errors;
}

std::vector<const PlacementRule *>
PlacementRules::listUnused(ArrayRef<PlacedNode> placed) const {
  NodeTexts texts(placed);
  std::vector<const PlacementRule *> unused;
  for (auto [number, rule] : enumerate(rules))
    if (!matchesAny(number, texts))
      unused.push_back(rule.get());
  return unused;
}

Error PlacementRules::checkDevices(ArrayRef<StringRef> devices) const {
  Error errors = Error::success();
  auto check = [&](const PlacementRule &rule, StringRef where,
                   StringRef device) {
    if (!is_contained(devices, device))
      errors = joinErrors(
          std::move(errors),
          makeUserError(ExitCode::Config, describe(rule) + where +
                                              ": no device is called '" +
                                              device + "'; the system has " +
                                              join(devices, ", ")));
  };
  for (const auto &rule : rules) {
    check(*rule, "", rule->device);
    for (const auto &[device, reason] : rule->reasons)
      check(*rule, ", reasons", device);
  }
  return errors;
}

Error PlacementRules::check(ArrayRef<PlacedNode> nodes,
                            ArrayRef<StringRef> devices) const {
  return joinErrors(checkDevices(devices), checkMatches(nodes));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

PlacementRule makeNodeRule(StringRef id, StringRef device,
                           RefusalReasons reasons) {
  PlacementRule rule;
  // JSON has no other names than those in UTF-8.
  bool isUTF8 = json::isUTF8(id);
  for (char c : id) {
    if (!isUTF8 && !isASCII(c)) {
      rule.pattern += '?';
      continue;
    }
    if (wildcards.contains(c))
      rule.pattern += '\\';
    rule.pattern += c;
  }
  rule.device = device.str();
  rule.reasons = std::move(reasons);
  return rule;
}

std::string printPlacement(ArrayRef<PlacementRule> rules) {
  std::string text = "{\"schema\": 1, \"rules\": [";
  raw_string_ostream os(text);
  for (const PlacementRule &rule : rules) {
    os << (&rule == rules.begin() ? "\n  " : ",\n  ");
    json::OStream writer(os);
    writer.object([&] {
      writer.attribute(rule.kind == PlacementRule::Kind::Node ? "node" : "op",
                       json::fixUTF8(rule.pattern));
      writer.attribute("device", rule.device);
      if (rule.reasons.empty())
        return;
      writer.attributeObject("reasons", [&] {
        for (const auto &[device, reason] : rule.reasons)
          writer.attribute(device, json::fixUTF8(reason));
      });
    });
  }
  os << "\n]}\n";
  return text;
}

} // namespace garam::hetero
