//===- MemorySystem.h - All channels of a device ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_MEMORYSYSTEM_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_MEMORYSYSTEM_H

#include "Channel.h"

namespace garam::pim {

/// The channels, which play one phase after the other. Their clock runs during
/// phases only: between them the device refreshes itself. A copy that is made
/// between phases continues by itself; cells are shared until they are written.
class MemorySystem : public sim::Component {
public:
  MemorySystem(const MachineDescription &machine,
               const SimulationOptions &options);

  /// Begins a phase at the kernel's time now. `getSource` gives each channel
  /// its transactions. `onEnd` is called at the time when all have drained.
  llvm::Error
  beginPhase(sim::Kernel &kernel,
             llvm::function_ref<TransactionSource(uint32_t)> getSource,
             std::function<llvm::Error()> onEnd);

  llvm::Error start() override { return llvm::Error::success(); }
  llvm::Error handle(uint64_t) override;
  std::string describeBlocked() const override;

  /// Of all phases so far.
  Cycle getCycles() const { return cycles; }
  /// Of the last phase; for each channel 0 when it had no transaction.
  Cycle getPhaseCycles() const { return cycles - phaseStart; }
  llvm::ArrayRef<Cycle> getChannelCycles() const { return channelCycles; }
  sim::Time getTime(Cycle cycle) const { return clock.getTime(cycle); }

  void addTo(SimulationResult &result) const;
  AccessCounts getCounts() const;

private:
  sim::Clock clock;
  std::deque<Channel> channels;
  sim::Kernel *kernel = nullptr; // of the phase
  sim::Time phaseTime = 0;
  Cycle phaseStart = 0, cycles = 0;
  std::vector<Cycle> channelCycles;
  uint32_t numRunning = 0;
  bool hasBegun = false; // some channel has been given a transaction
  std::function<llvm::Error()> onEnd;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_MEMORYSYSTEM_H
