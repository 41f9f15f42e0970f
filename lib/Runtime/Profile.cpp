//===- Profile.cpp - Where the time of a run went -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Profile.h"

#include "llvm/ADT/StringMap.h"

#include <numeric>

using namespace llvm;

namespace garam {

static constexpr double secondsPerFemtosecond = 1e-15;

NodeProfile::NodeProfile(const Executable &executable)
    : executable(executable),
      cycles(executable.getManifest().nodes.size(), 0.0) {
  StringMap<uint32_t> numbers;
  for (const auto &[i, node] : enumerate(executable.getManifest().nodes))
    numbers[node.id] = i;
  for (const auto &[i, step] : enumerate(executable.getEntryPoint().steps)) {
    std::vector<std::optional<uint32_t>> &own = nodeNumbers.emplace_back();
    if (step.kind != Step::Kind::Dispatch)
      continue;
    for (const std::string &id : executable.getNodes(i)) {
      auto found = numbers.find(id);
      own.push_back(found == numbers.end()
                        ? std::nullopt
                        : std::optional<uint32_t>(found->second));
    }
  }
}

void NodeProfile::addEvent(unsigned step, const DeviceEvent &event) {
  if (event.isSynchronisation)
    return;
  const Step &dispatch = executable.getEntryPoint().steps[step];
  const DebugMap &map = executable.getDebugMap(dispatch.program);
  if (event.lane >= map.origins.size() ||
      event.command >= map.origins[event.lane].size())
    return;
  const auto &origins = map.origins[event.lane][event.command];
  double share = (event.endFs - event.startFs) * secondsPerFemtosecond *
                 executable.getMachine(dispatch.device).clockHz /
                 origins.size();
  for (uint32_t origin : origins)
    if (std::optional<uint32_t> node = nodeNumbers[step][origin])
      cycles[*node] += share;
}

/// Of what runs on one device, one program after the other.
static BoundReport computeBound(const Executable &executable, unsigned device) {
  BoundReport bound;
  const Manifest &manifest = executable.getManifest();
  const EntryPoint &entry = executable.getEntryPoint();
  double peakBytesPerSecond = 0;
  for (const Step &step : entry.steps) {
    if (step.kind != Step::Kind::Dispatch || step.device != device)
      continue;
    const LowerBound &part = manifest.programs[step.program].bound;
    bound.macs += part.macs;
    bound.bytes += part.weightBytes;
    bound.computeSeconds += part.computeSeconds;
    peakBytesPerSecond = std::max(peakBytesPerSecond, part.peakBytesPerSecond);
  }
  auto add = [&](const Binding &binding) {
    if (manifest.segments[binding.segment].device == device)
      bound.bytes += *getDeviceByteSize(binding);
  };
  llvm::for_each(entry.inputs, add);
  llvm::for_each(entry.outputs, add);
  // Of state a program could write no more than what changes.
  for (const CarriedState &state : entry.states)
    add(state.input);
  if (peakBytesPerSecond > 0)
    bound.transferSeconds = bound.bytes / peakBytesPerSecond;
  return bound;
}

/// What a step cannot be faster than by itself. Transfers pass one link after
/// the other.
static double getLeastSeconds(const Manifest &manifest, const Step &step) {
  double seconds = 0;
  if (step.kind == Step::Kind::Dispatch) {
    const LowerBound &bound = manifest.programs[step.program].bound;
    if (bound.peakBytesPerSecond > 0)
      seconds = bound.weightBytes / bound.peakBytesPerSecond;
    return std::max(seconds, bound.computeSeconds);
  }
  for (uint32_t number : step.links) {
    const ImageLink &link = manifest.links[number];
    seconds += link.seconds + step.bytes / link.bytesPerSecond;
  }
  return seconds;
}

static double computeChainSeconds(const Executable &executable) {
  std::vector<double> ends;
  double last = 0;
  for (const Step &step : executable.getEntryPoint().steps) {
    double start = 0;
    for (uint32_t earlier : step.after)
      start = std::max(start, ends[earlier]);
    ends.push_back(start + getLeastSeconds(executable.getManifest(), step));
    last = std::max(last, ends.back());
  }
  return last;
}

BoundReport computeBound(const Executable &executable) {
  BoundReport whole;
  for (unsigned i = 0; i < executable.getManifest().devices.size(); ++i) {
    BoundReport part = computeBound(executable, i);
    whole.macs += part.macs;
    whole.bytes += part.bytes;
    whole.computeSeconds = std::max(whole.computeSeconds, part.computeSeconds);
    whole.transferSeconds =
        std::max(whole.transferSeconds, part.transferSeconds);
  }
  whole.chainSeconds = computeChainSeconds(executable);
  return whole;
}

Expected<uint64_t> computePeakOnChipBytes(const Executable &executable) {
  auto plans = executable.getImage().readPlans();
  if (!plans)
    return plans.takeError();
  const Manifest &manifest = executable.getManifest();
  std::vector<uint64_t> peaks(manifest.devices.size());
  for (const InstancePlace &place : executable.getInstances()) {
    uint64_t &peak = peaks[place.device];
    peak = std::max(peak, getPeakOnChipBytes((*plans)[place.program]));
  }
  return std::accumulate(peaks.begin(), peaks.end(), uint64_t(0));
}

} // namespace garam
