//===- MemorySystem.cpp - All channels of a device ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemorySystem.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <utility>

namespace garam::pim {

MemorySystem::MemorySystem(const MachineDescription &machine,
                           const SimulationOptions &options)
    : clock(machine.timing.clockHz), channelCycles(machine.geometry.channels) {
  for (uint32_t number = 0; number < machine.geometry.channels; ++number)
    channels.emplace_back(clock, machine, number, options);
}

llvm::Error MemorySystem::beginPhase(
    sim::Kernel &phaseKernel,
    llvm::function_ref<TransactionSource(uint32_t)> getSource,
    std::function<llvm::Error()> callback) {
  kernel = &phaseKernel;
  phaseTime = kernel->now();
  phaseStart = cycles;
  onEnd = std::move(callback);
  channelCycles.assign(channels.size(), 0);
  PhaseStart start = {kernel, phaseTime, phaseStart};
  // Before the first access the clock stands still.
  bool queuesAreFilled = !hasBegun;
  for (auto [number, channel] : llvm::enumerate(channels)) {
    auto drained = [this, number = number](Cycle end) {
      channelCycles[number] = end - phaseStart;
      cycles = std::max(cycles, end);
      if (--numRunning == 0)
        kernel->schedule(
            phaseTime + (clock.getTime(cycles) - clock.getTime(phaseStart)) -
                kernel->now(),
            *this, 0);
    };
    llvm::Expected<bool> begun =
        channel.beginPhase(start, getSource(number), queuesAreFilled, drained);
    if (!begun)
      return begun.takeError();
    numRunning += *begun;
  }
  hasBegun |= numRunning != 0;
  if (numRunning == 0)
    kernel->schedule(0, *this, 0);
  return llvm::Error::success();
}

llvm::Error MemorySystem::handle(uint64_t) {
  return std::exchange(onEnd, nullptr)();
}

std::string MemorySystem::describeBlocked() const {
  std::string blocked;
  for (const Channel &channel : channels)
    if (blocked.empty())
      blocked = channel.describeBlocked();
  return blocked;
}

void MemorySystem::addTo(SimulationResult &result) const {
  for (const Channel &channel : channels)
    channel.addTo(result);
}

AccessCounts MemorySystem::getCounts() const {
  AccessCounts counts;
  for (const Channel &channel : channels)
    counts.add(channel.getCounts());
  return counts;
}

} // namespace garam::pim
