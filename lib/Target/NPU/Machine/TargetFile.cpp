//===- TargetFile.cpp - NPU part of a target file -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/TargetFile.h"

#include "TargetSchema.h"
#include "garam/Support/Errors.h"
#include "garam/Support/YAMLTree.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Words for messages and for the documentation
//===----------------------------------------------------------------------===//

/// The shortest exact spelling: "64", "1e+06", "1048576".
static std::string formatNumber(double value) {
  std::string text;
  raw_string_ostream(text) << format("%.6g", value);
  double parsed;
  if (!StringRef(text).getAsDouble(parsed) && parsed == value)
    return text;
  text.clear();
  raw_string_ostream(text) << format("%.17g", value);
  return text;
}

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

static std::string listModeTypes() {
  std::string list;
  for (ElementType type : getModeTypes())
    list += (list.empty() ? "" : ", ") + getName(type).str();
  return list;
}

static constexpr StringLiteral figureForm =
    "{ value: X, source: \"where the figure is from\" } or "
    "{ value: X, assumed: \"why\" }";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

class TargetReader : public TargetSchemaVisitor {
public:
  TargetReader(const YAMLNode &root, YAMLErrors &errors) : errors(errors) {
    scopes.push_back({&root, {}, "", {"name", "kind", "description"}});
  }

  void figure(const FigureField &field, FigureSlot slot) override;
  void section(StringLiteral name, bool required, StringLiteral meaning,
               function_ref<void()> fields) override;
  void modes(StringLiteral name, StringLiteral meaning,
             std::vector<ArrayMode> &modes,
             function_ref<void(ArrayMode &)> fields) override;

  /// Reports the fields of the file's top level that the schema lacks.
  void finish() { reportUnknownFields(); }

  /// Checks what the schema cannot say of one field alone.
  void checkRelations(const MachineDescription &machine);

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
  void readModeType(ArrayMode &mode, SmallVectorImpl<ElementType> &seen);
  void reportUnknownFields();
  bool readValue(const YAMLNode &node, const FigureField &field,
                 FigureSlot slot);
  void checkProvenance(const YAMLNode &figure, const std::string &path);
  void require(bool holds, StringRef path, const Twine &message,
               ArrayRef<StringRef> others = {});

  YAMLErrors &errors;
  SmallVector<Scope, 4> scopes;
  StringMap<YAMLLocation> valid; // where each figure that was read stands
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
    StringRef nearest;
    unsigned best = 4; // edits; more is another word
    for (StringRef name : scope.known) {
      unsigned distance = name.edit_distance(entry.key, true, best);
      if (distance < best) {
        best = distance;
        nearest = name;
      }
    }
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

void TargetReader::modes(StringLiteral name, StringLiteral meaning,
                         std::vector<ArrayMode> &modes,
                         function_ref<void(ArrayMode &)> fields) {
  const YAMLEntry *entry = find(name);
  std::string path = scopes.back().path + name.str();
  if (!entry || entry->value.elements.empty()) {
    errors.add(entry ? entry->location : scopes.back().location,
               "field '" + path + "'" +
                   (entry ? ": found " + entry->value.describe() + ", needed"
                          : " is missing; needed:") +
                   " a sequence of at least one mode: " + meaning);
    return;
  }
  SmallVector<ElementType> seen;
  for (auto [i, element] : enumerate(entry->value.elements)) {
    auto &mode = modes.emplace_back();
    readScope(element, path + "[" + Twine(i) + "]",
              [&] {
                readModeType(mode, seen);
                fields(mode);
              },
              {"type"});
  }
}

void TargetReader::readModeType(ArrayMode &mode,
                                SmallVectorImpl<ElementType> &seen) {
  const YAMLEntry *entry = scopes.back().node->find("type");
  std::string field = "field '" + scopes.back().path + "type'";
  if (!entry) {
    errors.add(scopes.back().location,
               field + " is missing; needed one of: " + listModeTypes());
    return;
  }
  const YAMLNode &node = entry->value;
  const auto *known = find_if(getModeTypes(), [&](ElementType type) {
    return node.isScalar() && node.scalar == getName(type);
  });
  if (known == getModeTypes().end()) {
    errors.add(node.location, field + ": found " + node.describe() +
                                  ", needed one of: " + listModeTypes());
    return;
  }
  mode.type = *known;
  if (is_contained(seen, *known))
    errors.add(node.location, field + ": " + node.describe() +
                                  " has a mode already; keep one");
  seen.push_back(*known);
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

void TargetReader::checkRelations(const MachineDescription &machine) {
  const LocalMemoryDescription &local = machine.local;
  require(local.banks && local.bytes % local.banks == 0, "local_memory.bytes",
          "found " + Twine(local.bytes) + ", needed a multiple of the " +
              Twine(local.banks) + " banks",
          {"local_memory.banks"});
  const DRAMDescription &dram = machine.dram;
  require(dram.shortBurstEfficiency <= dram.efficiency,
          "dram.short_burst_efficiency",
          "found " + formatNumber(dram.shortBurstEfficiency) +
              ", needed at most dram.efficiency, " +
              formatNumber(dram.efficiency),
          {"dram.efficiency"});
  require(machine.dma.packetBytes >= dram.burstBytes, "dma.packet_bytes",
          "found " + Twine(machine.dma.packetBytes) +
              ", needed at least dram.burst_bytes, " + Twine(dram.burstBytes),
          {"dram.burst_bytes"});
  for (auto [i, mode] : enumerate(machine.tensor.modes)) {
    std::string path = ("tensor.modes[" + Twine(i) + "].outputs").str();
    uint64_t needed = uint64_t(4) * machine.tensor.units * mode.outputs;
    require(machine.tensor.accumulatorBytes >= needed, path,
            "the accumulators hold " + Twine(machine.tensor.accumulatorBytes) +
                " bytes, needed " + Twine(needed) +
                ": one 32-bit sum an output of every unit",
            {"tensor.accumulator_bytes", "tensor.units"});
    require(machine.vector.hasFloat || mode.type == ElementType::I8, path,
            "a float mode needs vector.has_float to be true",
            {"vector.has_float"});
  }
}

Expected<MachineDescription> readTargetFile(MemoryBufferRef file) {
  YAMLErrors errors(file.getBufferIdentifier());
  YAMLNode root = readYAML(file, errors);
  if (Error error = errors.take())
    return std::move(error);
  MachineDescription machine;
  TargetHeader header = readTargetHeader(root, errors);
  if (root.isMapping() && (header.kind.empty() || header.kind == "npu")) {
    machine.name = header.name;
    TargetReader reader(root, errors);
    visitTargetSchema(reader, machine);
    reader.finish();
    reader.checkRelations(machine);
  } else if (root.isMapping()) {
    errors.add(root.find("kind")->value.location,
               "field 'kind': found '" + header.kind +
                   "', needed 'npu' for a target of the NPU");
  }
  if (Error error = errors.take())
    return std::move(error);
  return machine;
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
  void modes(StringLiteral name, StringLiteral meaning,
             std::vector<ArrayMode> &,
             function_ref<void(ArrayMode &)> visitFields) override {
    add(name, "sequence", "", "at least one, no type twice", meaning);
    std::string outer = std::exchange(prefix, prefix + name.str() + "[].");
    add("type", "name", "", listModeTypes(),
        "type of both inputs; i8 serves unsigned bytes too");
    ArrayMode mode;
    visitFields(mode);
    prefix = outer;
  }
  void add(StringRef name, StringRef type, StringRef unit, StringRef range,
           StringRef meaning) {
    fields.push_back({prefix + name.str(), type.str(), unit.str(), range.str(),
                      meaning.str()});
  }

private:
  std::string prefix;
};

} // namespace

std::vector<TargetField> getTargetFields() {
  FieldCollector collector;
  collector.add("name", "text", "", "letters, digits, '_', '-', '.'",
                "what the target is called on the command line");
  collector.add("kind", "text", "", "npu", "class of device");
  collector.add("description", "text", "", "", "one sentence for lists");
  MachineDescription machine;
  visitTargetSchema(collector, machine);
  return collector.fields;
}

} // namespace garam::npu
