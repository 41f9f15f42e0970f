//===- Channel.cpp - A channel and its memory controller ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The controller is DRAMSim2's (Rosenfeld et al., CAL 2011) with an open page
// policy. Each cycle it serves, in this order, a refresh that is due, the
// first command of the queues that can be issued, and an open row that no
// queued command needs; then it moves one transaction to a command queue.
//
//===----------------------------------------------------------------------===//

#include "Channel.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>

namespace garam::pim {

Channel::Channel(sim::Kernel &kernel, const sim::Clock &clock,
                 const MachineDescription &machine, uint32_t number,
                 const SimulationOptions &options)
    : kernel(kernel), clock(clock), machine(machine), number(number),
      options(options) {
  for (uint32_t rank = 0; rank < machine.geometry.ranks; ++rank)
    ranks.emplace_back(machine, rank);
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

llvm::Error Channel::beginPhase(std::deque<ChannelTransaction> transactions,
                                Cycle start, bool queuesAreFilled,
                                std::function<void(Cycle)> callback) {
  // Refreshes go on while other channels finish the phase before.
  while (now < start) {
    llvm::Expected<bool> acted = step();
    if (!acted)
      return acted.takeError();
    now = std::min(getNextCycle(*acted), start);
  }
  pending = std::move(transactions);
  onDrained = std::move(callback);
  lastAccess = now;
  while (queuesAreFilled && moveTransaction())
    ;
  scheduleNext();
  return llvm::Error::success();
}

llvm::Error Channel::handle(uint64_t) {
  llvm::Expected<bool> acted = step();
  if (!acted)
    return acted.takeError();
  if (isDrained()) {
    ++now;
    onDrained(now);
    return llvm::Error::success();
  }
  if (llvm::Error error = checkProgress())
    return error;
  now = getNextCycle(*acted);
  scheduleNext();
  return llvm::Error::success();
}

void Channel::scheduleNext() {
  kernel.schedule(clock.getTime(now) - kernel.now(), *this, 0);
}

bool Channel::isIdle() const {
  return pending.empty() && llvm::all_of(ranks, [](const Rank &rank) {
           return rank.queue.isEmpty();
         });
}

/// A phase ends when no transaction is left, data has been exchanged, no
/// refresh waits and, in single-bank mode, all rows are closed.
bool Channel::isDrained() const {
  if (!isIdle() || now + 1 < dataEnd)
    return false;
  return llvm::all_of(ranks, [&](const Rank &rank) {
    bool isClosed =
        !rank.timing.hasOpenBank() && now + 1 >= rank.timing.getClosedAt();
    return !rank.refresh.isWaiting() && (rank.timing.isAllBank() || isClosed);
  });
}

/// Nothing depends on time but through these: if nothing was done in this
/// cycle, nothing can be done before the first of them.
Cycle Channel::getNextCycle(bool acted) const {
  if (acted)
    return now + 1;
  Cycle next = std::numeric_limits<Cycle>::max();
  auto consider = [&](Cycle time) {
    if (time > now)
      next = std::min(next, time);
  };
  for (const Rank &rank : ranks) {
    consider(rank.timing.getNextChange(now));
    consider(rank.refresh.getNextDue());
    consider(std::max<Cycle>(rank.timing.getClosedAt(), 1) - 1);
  }
  consider(std::max<Cycle>(dataEnd, 1) - 1);
  return next;
}

/// No legal stream stops a channel; a fault of ours should not hang it.
llvm::Error Channel::checkProgress() const {
  constexpr unsigned refreshesWithoutAccess = 8;
  if (isIdle() ||
      now - lastAccess <= Cycle(refreshesWithoutAccess) * machine.timing.tREFI)
    return llvm::Error::success();
  return llvm::createStringError(describeBlocked() + " for " +
                                 std::to_string(now - lastAccess) + " cycles");
}

std::string Channel::describeBlocked() const {
  if (isIdle())
    return "";
  return "channel " + std::to_string(number) +
         " has transactions but issues none";
}

void Channel::addTo(SimulationResult &result) const {
  for (auto [total, count] : llvm::zip_equal(result.commands, commands))
    total += count;
  for (auto [place, rank] : llvm::enumerate(ranks)) {
    result.triggers += rank.data.getTriggers();
    for (const std::string &warning : rank.data.getWarnings())
      result.warnings.push_back("channel " + std::to_string(number) +
                                ", rank " + std::to_string(place) + ": " +
                                warning);
  }
}

} // namespace garam::pim
