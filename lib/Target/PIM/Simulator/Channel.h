//===- Channel.h - A channel and its memory controller ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_CHANNEL_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_CHANNEL_H

#include "Rank.h"
#include "garam/Simulation/Kernel.h"
#include "garam/Target/PIM/Simulator.h"

namespace garam::pim {

/// Gives the transactions of a phase in order; nothing after the last one.
using TransactionSource = std::function<std::optional<ChannelTransaction>()>;

/// When a phase begins: in cycle `cycle` of the channel, at `time` of `kernel`.
struct PhaseStart {
  sim::Kernel *kernel = nullptr;
  sim::Time time = 0;
  Cycle cycle = 0;
};

/// Turns the transactions of a channel into commands, at most one a cycle. Only
/// cycles in which something can happen are events. May be copied between
/// phases.
class Channel : public sim::Component {
public:
  Channel(const sim::Clock &clock, const MachineDescription &machine,
          uint32_t number, const SimulationOptions &options);

  /// Begins a phase, now; gives false when there is no transaction. `onDrained`
  /// is called with the first cycle after its end. With `queuesAreFilled` the
  /// transactions have reached the command queues before.
  llvm::Expected<bool> beginPhase(const PhaseStart &start,
                                  TransactionSource source,
                                  bool queuesAreFilled,
                                  std::function<void(Cycle)> onDrained);

  llvm::Error start() override { return llvm::Error::success(); }
  llvm::Error handle(uint64_t tag) override;
  std::string describeBlocked() const override;

  /// Adds what has happened in the channel.
  void addTo(SimulationResult &result) const;
  AccessCounts getCounts() const;

private:
  /// Does what happens in cycle `now`; gives whether anything did.
  llvm::Expected<bool> step();
  void fillPending();
  bool moveTransaction();
  bool issueRefresh();
  bool mustHold(const Rank &rank) const;
  llvm::Expected<bool> issueQueued();
  llvm::Error activate(uint32_t number, const ChannelTransaction &transaction);
  llvm::Error access(uint32_t number, const ChannelTransaction &transaction);
  bool closeUnneededRow();
  void report(CommandKind kind, const Location &location);
  llvm::Error fail(const ChannelTransaction &transaction,
                   const std::string &what) const;

  bool isIdle() const;
  bool isDrained() const;
  Cycle getNextCycle(bool acted) const;
  llvm::Error checkProgress() const;
  void scheduleNext();

  sim::Clock clock;
  const MachineDescription &machine;
  uint32_t number;
  const SimulationOptions &options;
  std::deque<Rank> ranks;
  uint32_t nextRank = 0; // at which the search for a command begins

  PhaseStart phase;
  TransactionSource source; // null when it has given all
  /// The next ones, not yet in a command queue: as many as can be seen.
  std::deque<ChannelTransaction> pending;
  std::function<void(Cycle)> onDrained;
  Cycle now = 0; // the next cycle to step through
  Cycle lastAccess = 0;
  Cycle dataEnd = 0; // when the data of all accesses has been exchanged
  std::array<uint64_t, numCommandKinds> commands = {};
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_CHANNEL_H
