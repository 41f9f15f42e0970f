//===- FoldPrograms.cpp - One program for equal dispatches ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/FoldPrograms.h"

#include "Tables.h"
#include "garam/Container/ValueNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

#include <unordered_map>

using namespace llvm;

namespace garam {

/// The debug map without the names of its nodes, which a dispatch has.
static std::vector<uint8_t> getNamelessMap(const DeviceProgram &program) {
  DeviceProgram nameless;
  nameless.debug = program.debug;
  ArrayRef<std::string> nodes = program.debug.nodes;
  for (DeviceValue &value : nameless.debug.values)
    if (StringRef id = getNodeId(value.name, nodes); !id.empty())
      value.name = std::to_string(find(nodes, id) - nodes.begin()) +
                   value.name.substr(id.size());
  for (std::string &node : nameless.debug.nodes)
    node.clear();
  // Equal code may have been chosen from different alternatives.
  nameless.debug.choices.clear();
  nameless.debug.searches.clear();
  return serializeDebugMaps(nameless);
}

/// Whether instances leave something on their device, beside segments, that
/// others must not have the place of.
static bool keepsMore(const DeviceProgram &program) {
  return any_of(program.residents,
                [](const ResidentRange &range) { return !range.isShared; });
}

/// Whether dispatches of `b` may run `a`.
static bool areEqual(const DeviceProgram &a, const DeviceProgram &b) {
  return !keepsMore(a) && !keepsMore(b) && a.code == b.code &&
         a.segments == b.segments && getNamelessMap(a) == getNamelessMap(b);
}

/// Number of the first program that each one equals: itself, if none before.
static std::vector<uint32_t> findEqualPrograms(const ImageSource &source) {
  std::vector<uint32_t> firsts;
  std::unordered_map<uint64_t, SmallVector<uint32_t, 1>> byHash;
  for (const auto &[number, program] : enumerate(source.programs)) {
    SmallVector<uint32_t, 1> &others = byHash[xxh3_64bits(program.code)];
    auto isSame = [&, number = number, &program = program](uint32_t other) {
      return source.manifest.programs[other].target ==
                 source.manifest.programs[number].target &&
             areEqual(source.programs[other], program);
    };
    auto found = find_if(others, isSame);
    firsts.push_back(found == others.end() ? number : *found);
    if (found == others.end())
      others.push_back(number);
  }
  return firsts;
}

/// Gives a dispatch of `program`, which is about to go, what it needs to run
/// another one.
static void detach(const DeviceProgram &program, Step &step,
                   ImageSource &source) {
  if (step.nodes.empty())
    step.nodes = program.debug.nodes;
  for (const auto &[segment, declared] :
       zip_equal(step.segments, program.segments))
    if (declared.role == MemoryRole::Constant)
      source.constants.try_emplace(segment, program.constants);
}

void foldPrograms(ImageSource &source) {
  std::vector<uint32_t> firsts = findEqualPrograms(source);
  std::vector<uint32_t> numbers; // of those that stay, afterwards
  uint32_t numKept = 0;
  for (const auto &[number, first] : enumerate(firsts))
    numbers.push_back(first == number ? numKept++ : 0);
  for (EntryPoint &entry : source.manifest.entryPoints)
    for (Step &step : entry.steps) {
      if (step.kind != Step::Kind::Dispatch)
        continue;
      uint32_t first = firsts[step.program];
      if (first != step.program)
        detach(source.programs[step.program], step, source);
      step.program = numbers[first];
    }
  for (size_t number = firsts.size(); number-- > 0;)
    if (firsts[number] != number) {
      source.programs.erase(source.programs.begin() + number);
      source.manifest.programs.erase(source.manifest.programs.begin() + number);
    }
}

} // namespace garam
