//===- CommandQueue.cpp - Commands that wait for a rank -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The structure is that of DRAMSim2 (Rosenfeld et al., CAL 2011); the rules of
// barriers were observed on the vendor's public simulator, commit b464dde.
//
//===----------------------------------------------------------------------===//

#include "CommandQueue.h"

namespace garam::pim {

void CommandQueue::push(const ChannelTransaction &transaction) {
  entries.push_back({transaction});
  numCommands += 2;
}

/// Accesses of one row of one bank stay in order, so that a read sees the write
/// before it.
bool CommandQueue::hasEarlierAccess(size_t place) const {
  const Location &location = entries[place].transaction.location;
  for (size_t earlier = 0; earlier < place; ++earlier) {
    const Location &other = entries[earlier].transaction.location;
    if (other.bank == location.bank && other.row == location.row)
      return true;
  }
  return false;
}

/// Scans from the oldest transaction on. One that ends in a barrier is accessed
/// only when no access is left before it. Behind one that is the oldest but
/// cannot be issued yet, rows are opened ahead for transactions up to the next
/// barrier, because that cannot be seen; nothing else is.
std::optional<CommandQueue::Pick> CommandQueue::pick(const RankTiming &timing,
                                                     Cycle now) const {
  bool isBehindBarrier = false;
  for (size_t place = 0; place < entries.size(); ++place) {
    const ChannelTransaction &t = entries[place].transaction;
    const Location &l = t.location;
    if (isBehindBarrier && t.isBarrier)
      return std::nullopt;
    if (entries[place].needsActivation && timing.canActivate(l.bank, now) &&
        !hasEarlierAccess(place))
      return Pick{place, /*isActivate=*/true};
    if (isBehindBarrier)
      continue;
    bool isReady = timing.canAccess(l.bank, l.row, t.isWrite, now);
    if (isReady && (!t.isBarrier || place == 0) && !hasEarlierAccess(place))
      return Pick{place, /*isActivate=*/false};
    if (t.isBarrier && place > 0)
      return std::nullopt;
    isBehindBarrier = t.isBarrier;
  }
  return std::nullopt;
}

ChannelTransaction CommandQueue::take(const Pick &pick) {
  Entry &entry = entries[pick.place];
  ChannelTransaction transaction = entry.transaction;
  if (entry.needsActivation)
    --numCommands;
  entry.needsActivation = false;
  if (!pick.isActivate) {
    --numCommands;
    entries.erase(entries.begin() + pick.place);
  }
  return transaction;
}

bool CommandQueue::needsRow(uint32_t bank, uint32_t row) const {
  for (const Entry &entry : entries) {
    const Location &location = entry.transaction.location;
    if (location.bank == bank && location.row == row)
      return true;
    if (entry.transaction.isBarrier)
      return false;
  }
  return false;
}

void CommandQueue::restoreActivations(const RankTiming &timing) {
  for (Entry &entry : entries) {
    const Location &location = entry.transaction.location;
    if (entry.needsActivation || timing.isOpen(location.bank, location.row))
      continue;
    entry.needsActivation = true;
    ++numCommands;
  }
}

} // namespace garam::pim
