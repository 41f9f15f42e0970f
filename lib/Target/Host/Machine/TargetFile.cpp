//===- TargetFile.cpp - The host's part of a target file ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Machine.h"

#include "garam/Support/YAMLTree.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <variant>

using namespace llvm;

namespace garam::host {
namespace {

/// A field of the schema. Ranges catch a value in the wrong unit; they do not
/// say what is plausible.
struct Field {
  StringLiteral section; // empty: the file's top level
  StringLiteral name, unit;
  double low, high;
  StringLiteral meaning;
  std::variant<uint32_t MachineDescription::*, double MachineDescription::*>
      slot;

  std::string getPath() const {
    return (section.empty() ? name.str() : (section + "." + name).str());
  }
  bool isInteger() const { return slot.index() == 0; }
};

} // namespace

static constexpr StringLiteral memorySection = "memory";

static ArrayRef<Field> getFields() {
  using M = MachineDescription;
  static const Field fields[] = {
      {"", "clock_hz", "Hz", 1e6, 1e11, "clock of all cores", &M::clockHz},
      {"", "cores", "", 1, 65536, "equal cores", &M::cores},
      {"", "operations_per_cycle", "", 1, 65536,
       "arithmetic operations of a core a cycle; a multiply-accumulate is two",
       &M::operationsPerCycle},
      {"", "operations_per_function", "", 1, 65536,
       "operations that an exponential, logarithm, tanh or the like counts as",
       &M::operationsPerFunction},
      {"", "energy_joules_per_operation", "J", 0, 1e-6,
       "energy of an arithmetic operation", &M::energyPerOperation},
      {memorySection, "bytes_per_second", "B/s", 1e6, 1e15,
       "what all cores together reach", &M::memoryBytesPerSecond},
      {memorySection, "energy_joules_per_byte", "J/B", 0, 1e-6,
       "energy of reading or writing a byte", &M::memoryEnergyPerByte},
      {"", "idle_watts", "W", 0, 1e4,
       "power when nothing runs; counted all the time", &M::idleWatts}};
  return fields;
}

static std::string describeRange(const Field &field) {
  std::string text;
  raw_string_ostream(text) << format("%.6g to %.6g", field.low, field.high);
  return text;
}

static std::string describeNeed(const Field &field) {
  std::string unit = field.unit.empty() ? "" : (" in " + field.unit).str();
  return (field.isInteger() ? "an integer" : "a number") + unit + " from " +
         describeRange(field);
}

static constexpr StringLiteral figureForm =
    "{ value: X, source: \"where the figure is from\" } or "
    "{ value: X, assumed: \"why\" }";

static void checkProvenance(const YAMLNode &figure, const std::string &path,
                            YAMLErrors &errors) {
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
                     entry.value.describe() + ", needed a text");
  }
  if (given != 1)
    errors.add(figure.location,
               "field '" + path + "' needs either 'source' or 'assumed'");
}

/// Reads a number into its slot; false when it is none or not in the range.
static bool readValue(const YAMLNode &node, const Field &field,
                      MachineDescription &machine) {
  double value;
  if (!node.isScalar() || node.isQuoted ||
      StringRef(node.scalar).getAsDouble(value) || !std::isfinite(value) ||
      value < field.low || value > field.high)
    return false;
  if (!field.isInteger()) {
    machine.*std::get<1>(field.slot) = value;
    return true;
  }
  return !StringRef(node.scalar)
              .getAsInteger(10, machine.*std::get<0>(field.slot));
}

static void readFigure(const YAMLNode &scope, const Field &field,
                       MachineDescription &machine, YAMLErrors &errors) {
  std::string path = field.getPath();
  const YAMLEntry *entry = scope.find(field.name);
  if (!entry) {
    errors.add(scope.location, "field '" + path + "' is missing; needed " +
                                   describeNeed(field) + ": " + field.meaning);
    return;
  }
  const YAMLNode &node = entry->value;
  const YAMLEntry *value = node.isMapping() ? node.find("value") : nullptr;
  if (!value) {
    errors.add(node.location, "field '" + path + "': found " + node.describe() +
                                  ", needed " + figureForm);
    return;
  }
  checkProvenance(node, path, errors);
  if (!readValue(value->value, field, machine))
    errors.add(value->value.location, "field '" + path + "': found " +
                                          value->value.describe() +
                                          ", needed " + describeNeed(field));
}

static void readScope(const YAMLNode &scope, StringRef section,
                      ArrayRef<StringRef> others, MachineDescription &machine,
                      YAMLErrors &errors) {
  SmallVector<StringRef> known(others);
  for (const Field &field : getFields()) {
    if (field.section != section)
      continue;
    known.push_back(field.name);
    readFigure(scope, field, machine, errors);
  }
  for (const YAMLEntry &entry : scope.entries)
    if (!is_contained(known, entry.key))
      errors.add(entry.location, "unknown field '" + entry.key +
                                     "'; needed one of: " + join(known, ", "));
}

Expected<MachineDescription> readTargetFile(MemoryBufferRef file) {
  YAMLErrors errors(file.getBufferIdentifier());
  YAMLNode root = readYAML(file, errors);
  if (Error error = errors.take())
    return std::move(error);
  MachineDescription machine;
  TargetHeader header = readTargetHeader(root, errors);
  machine.name = header.name;
  if (root.isMapping() && !header.kind.empty() && header.kind != deviceKind) {
    errors.add(root.find("kind")->value.location,
               "field 'kind': found '" + header.kind + "', needed '" +
                   deviceKind + "'");
  } else if (root.isMapping()) {
    readScope(root, "", {"name", "kind", "description", memorySection}, machine,
              errors);
    const YAMLEntry *memory = root.find(memorySection);
    if (memory && memory->value.isMapping())
      readScope(memory->value, memorySection, {}, machine, errors);
    else
      errors.add(memory ? memory->location : root.location,
                 "section '" + memorySection +
                     "' is missing; needed: what all cores share");
  }
  if (Error error = errors.take())
    return std::move(error);
  return machine;
}

std::vector<TargetField> getTargetFields() {
  std::vector<TargetField> fields;
  for (const Field &field : getFields())
    fields.push_back({field.getPath(), field.unit.str(), describeRange(field),
                      field.meaning.str()});
  return fields;
}

} // namespace garam::host
