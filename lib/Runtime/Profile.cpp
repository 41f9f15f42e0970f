//===- Profile.cpp - Where the time of a run went -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Profile.h"

#include "llvm/ADT/StringMap.h"

using namespace llvm;

namespace garam {

static constexpr double secondsPerFemtosecond = 1e-15;

NodeProfile::NodeProfile(const Executable &executable)
    : executable(executable),
      cycles(executable.getManifest().nodes.size(), 0.0) {
  StringMap<uint32_t> numbers;
  for (const auto &[i, node] : enumerate(executable.getManifest().nodes))
    numbers[node.id] = i;
  for (unsigned p = 0; p < executable.getNumPrograms(); ++p) {
    std::vector<std::optional<uint32_t>> &program = nodeNumbers.emplace_back();
    for (const std::string &id : executable.getDebugMap(p).nodes) {
      auto found = numbers.find(id);
      program.push_back(found == numbers.end()
                            ? std::nullopt
                            : std::optional<uint32_t>(found->second));
    }
  }
}

void NodeProfile::addEvent(unsigned program, const DeviceEvent &event) {
  if (event.isSynchronisation)
    return;
  const DebugMap &map = executable.getDebugMap(program);
  if (event.lane >= map.origins.size() ||
      event.command >= map.origins[event.lane].size())
    return;
  const auto &origins = map.origins[event.lane][event.command];
  double share = (event.endFs - event.startFs) * secondsPerFemtosecond *
                 executable.getMachineOfProgram(program).clockHz /
                 origins.size();
  for (uint32_t origin : origins)
    if (std::optional<uint32_t> node = nodeNumbers[program][origin])
      cycles[*node] += share;
}

BoundReport computeBound(const Executable &executable) {
  BoundReport bound;
  const Manifest &manifest = executable.getManifest();
  const EntryPoint &entry = executable.getEntryPoint();
  double peakBytesPerSecond = 0;
  for (const Step &step : entry.steps) {
    if (step.kind != Step::Kind::Dispatch)
      continue;
    const LowerBound &part = manifest.programs[step.program].bound;
    bound.macs += part.macs;
    bound.bytes += part.weightBytes;
    bound.computeSeconds += part.computeSeconds;
    peakBytesPerSecond = std::max(peakBytesPerSecond, part.peakBytesPerSecond);
  }
  for (const Binding &binding : entry.inputs)
    bound.bytes += *getDeviceByteSize(binding);
  for (const Binding &binding : entry.outputs)
    bound.bytes += *getDeviceByteSize(binding);
  if (peakBytesPerSecond > 0)
    bound.transferSeconds = bound.bytes / peakBytesPerSecond;
  return bound;
}

Expected<uint64_t> computePeakOnChipBytes(const Executable &executable) {
  auto plans = executable.getImage().readPlans();
  if (!plans)
    return plans.takeError();
  uint64_t total = 0;
  for (const std::vector<PlannedRegion> &plan : *plans)
    total = std::max(total, getPeakOnChipBytes(plan));
  return total;
}

} // namespace garam
