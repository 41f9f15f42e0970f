//===- Profile.h - Where the time of a run went -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_PROFILE_H
#define GARAM_RUNTIME_PROFILE_H

#include "garam/Runtime/Session.h"

namespace garam {

/// Adds up the device cycles of each node of the model from the events of one
/// run. A command that serves several nodes counts for each in equal parts.
/// Waits and signals do not count.
class NodeProfile {
public:
  explicit NodeProfile(const Executable &executable);

  void addEvent(unsigned step, const DeviceEvent &event);
  /// Cycles of Manifest::nodes[i], on the clock of the device that runs it.
  /// Engines work at once, so that their sum exceeds the latency.
  llvm::ArrayRef<double> getCycles() const { return cycles; }

private:
  const Executable &executable;
  /// nodeNumbers[step][node of the debug map]: number in the manifest.
  std::vector<std::vector<std::optional<uint32_t>>> nodeNumbers;
  std::vector<double> cycles;
};

/// The time that no schedule can beat: the larger of what the MACs take at the
/// peak rate of their precision, and what the bytes that must cross the memory
/// interface (weights, inputs and outputs once) take at its peak rate. Of
/// several devices, which can work at once, it is that of the slowest, with the
/// work that it was given, or of the longest chain of steps.
struct BoundReport {
  uint64_t macs = 0;
  uint64_t bytes = 0;
  double computeSeconds = 0, transferSeconds = 0;
  /// Of the longest chain of programs and transfers that wait for each other,
  /// each in the least time that it can take by itself.
  double chainSeconds = 0;
  double getSeconds() const {
    return std::max({computeSeconds, transferSeconds, chainSeconds});
  }
};
BoundReport computeBound(const Executable &executable);

/// The highest address in use, added up over all on-chip memories of all
/// devices, by the memory plans.
llvm::Expected<uint64_t> computePeakOnChipBytes(const Executable &executable);

} // namespace garam

#endif // GARAM_RUNTIME_PROFILE_H
