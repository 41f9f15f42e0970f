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
#include <utility>

namespace garam::pim {

Channel::Channel(const sim::Clock &clock, const MachineDescription &machine,
                 uint32_t number, const SimulationOptions &options)
    : clock(clock), machine(machine), number(number), options(options) {
  for (uint32_t rank = 0; rank < machine.geometry.ranks; ++rank)
    ranks.emplace_back(machine, rank, options.timingOnly);
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

llvm::Expected<bool> Channel::beginPhase(const PhaseStart &start,
                                         TransactionSource transactions,
                                         bool queuesAreFilled,
                                         std::function<void(Cycle)> callback) {
  std::optional<ChannelTransaction> first = transactions();
  if (!first)
    return false;
  // Refreshes go on while other channels finish the phase before.
  while (now < start.cycle) {
    llvm::Expected<bool> acted = step();
    if (!acted)
      return acted.takeError();
    now = std::min(getNextCycle(*acted), start.cycle);
  }
  pending.push_back(*first);
  source = std::move(transactions);
  fillPending();
  phase = start;
  onDrained = std::move(callback);
  lastAccess = now;
  while (queuesAreFilled && moveTransaction())
    ;
  scheduleNext();
  return true;
}

llvm::Error Channel::handle(uint64_t) {
  llvm::Expected<bool> acted = step();
  if (!acted)
    return acted.takeError();
  if (isDrained()) {
    ++now;
    std::exchange(onDrained, nullptr)(now);
    return llvm::Error::success();
  }
  if (llvm::Error error = checkProgress())
    return error;
  now = getNextCycle(*acted);
  scheduleNext();
  return llvm::Error::success();
}

void Channel::scheduleNext() {
  sim::Time time =
      phase.time + (clock.getTime(now) - clock.getTime(phase.cycle));
  phase.kernel->schedule(time - phase.kernel->now(), *this, 0);
}

/// The host keeps the transaction queue full.
void Channel::fillPending() {
  while (source && pending.size() < machine.controller.transactionQueueDepth) {
    if (std::optional<ChannelTransaction> transaction = source())
      pending.push_back(*transaction);
    else
      source = nullptr;
  }
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

AccessCounts Channel::getCounts() const {
  AccessCounts counts;
  for (const Rank &rank : ranks)
    counts.add(rank.data.getCounts());
  return counts;
}

} // namespace garam::pim
