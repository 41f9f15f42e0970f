//===- ChannelCommands.cpp - What a memory controller issues --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Channel.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

namespace garam::pim {

/// Cycles that a burst takes between the bus and the host's side of the
/// controller, as observed on the vendor's public simulator, commit b464dde.
constexpr uint32_t readHandover = 2, writeHandover = 1;

llvm::Expected<bool> Channel::step() {
  for (Rank &rank : ranks)
    rank.refresh.update(now);
  bool acted = issueRefresh();
  if (!acted) {
    llvm::Expected<bool> issued = issueQueued();
    if (!issued)
      return issued.takeError();
    acted = *issued || closeUnneededRow();
  }
  bool moved = moveTransaction();
  return acted || moved;
}

/// Moves the first transaction whose rank has room to its command queue.
bool Channel::moveTransaction() {
  bool hasRoom = llvm::any_of(
      ranks, [](const Rank &rank) { return rank.queue.hasRoom(); });
  if (!hasRoom)
    return false;
  for (size_t place = 0; place < pending.size(); ++place) {
    CommandQueue &queue = ranks[pending[place].location.rank].queue;
    if (!queue.hasRoom())
      continue;
    queue.push(pending[place]);
    pending.erase(pending.begin() + place);
    fillPending();
    return true;
  }
  return false;
}

void Channel::report(CommandKind kind, const Location &location) {
  ++commands[static_cast<unsigned>(kind)];
  if (options.onCommand)
    options.onCommand({now, kind, location});
}

llvm::Error Channel::fail(const ChannelTransaction &transaction,
                          const std::string &what) const {
  const Location &l = transaction.location;
  return llvm::createStringError("cycle " + std::to_string(now) + ", channel " +
                                 std::to_string(l.channel) + ", rank " +
                                 std::to_string(l.rank) + ", bank " +
                                 std::to_string(l.bank) + ", row 0x" +
                                 llvm::utohexstr(l.row, true) + ", column " +
                                 std::to_string(l.column) + ": " + what);
}

/// Reads of several bank groups come every other cycle, each of which keeps its
/// bank from closing for three: without a pause a stream of them would never
/// let a refresh through. All-bank reads are far enough apart. Once rows have
/// been closed for it, none is opened before.
bool Channel::mustHold(const Rank &rank) const {
  if (!rank.refresh.isWaiting())
    return false;
  return rank.isClosedForRefresh ||
         (!rank.timing.isAllBank() && rank.timing.canPrechargeAll(now + 1));
}

/// A refresh that waits comes before all else, once its rank is closed or can
/// be; until then the queues go on.
bool Channel::issueRefresh() {
  for (auto [place, rank] : llvm::enumerate(ranks)) {
    if (!rank.refresh.isWaiting())
      continue;
    Location location;
    location.channel = number;
    location.rank = static_cast<uint32_t>(place);
    if (rank.timing.canRefresh(now)) {
      rank.timing.refresh(now);
      rank.refresh.serve();
      rank.isClosedForRefresh = false;
      report(CommandKind::Refresh, location);
      return true;
    }
    if (rank.timing.canPrechargeAll(now)) {
      rank.timing.prechargeAll(now);
      rank.isClosedForRefresh = true;
      rank.queue.restoreActivations(rank.timing);
      report(CommandKind::PrechargeAll, location);
      return true;
    }
  }
  return false;
}

llvm::Expected<bool> Channel::issueQueued() {
  for (size_t i = 0; i < ranks.size(); ++i) {
    uint32_t place = (nextRank + i) % ranks.size();
    Rank &rank = ranks[place];
    if (mustHold(rank))
      continue;
    auto pick = rank.queue.pick(rank.timing, now);
    if (!pick)
      continue;
    nextRank = place;
    ChannelTransaction transaction = rank.queue.take(*pick);
    llvm::Error error = pick->isActivate ? activate(place, transaction)
                                         : access(place, transaction);
    if (error)
      return std::move(error);
    return true;
  }
  return false;
}

llvm::Error Channel::activate(uint32_t place,
                              const ChannelTransaction &transaction) {
  const Location &l = transaction.location;
  RankTiming &timing = ranks[place].timing;
  if (l.bank >= timing.getNumTargets())
    return fail(transaction,
                "in all-bank mode a host addresses banks 0 and 1, which stand "
                "for the even and the odd ones; around a change of mode all "
                "banks are parked");
  timing.activate(l.bank, l.row, l.column, now);
  report(CommandKind::Activate, l);
  return llvm::Error::success();
}

llvm::Error Channel::access(uint32_t place,
                            const ChannelTransaction &transaction) {
  const Location &l = transaction.location;
  const Timing &t = machine.timing;
  bool isWrite = transaction.isWrite;
  for (auto [other, rank] : llvm::enumerate(ranks)) {
    if (other == place)
      rank.timing.access(l.bank, isWrite, now);
    else
      rank.timing.accessElsewhere(isWrite, now);
  }
  uint32_t latency =
      isWrite ? t.writeLatency + writeHandover : t.readLatency + readHandover;
  dataEnd = std::max<Cycle>(dataEnd, now + latency + t.getBurstCycles());
  lastAccess = now;
  report(isWrite ? CommandKind::Write : CommandKind::Read, l);
  bool isAllBank = ranks[place].timing.isAllBank();
  if (transaction.result && isAllBank)
    return fail(transaction, "a result is read in all-bank mode, in which a "
                             "host receives no data");
  Access command = {isWrite, l.bank, l.row, l.column, Burst()};
  if (transaction.data)
    std::copy_n(transaction.data, bytesPerBurst, command.data.begin());
  llvm::Expected<Burst> data = ranks[place].data.access(command, isAllBank);
  if (!data)
    return fail(transaction, llvm::toString(data.takeError()));
  if (transaction.result)
    llvm::copy(*data, transaction.result);
  return llvm::Error::success();
}

/// Closes one row that no command up to the first barrier needs. The search
/// goes round but begins where it last closed one.
bool Channel::closeUnneededRow() {
  for (size_t i = 0; i < ranks.size(); ++i) {
    uint32_t place = (nextRank + i) % ranks.size();
    Rank &rank = ranks[place];
    uint32_t banks = machine.geometry.getBanks();
    for (uint32_t step = 0; step < banks; ++step) {
      uint32_t bank = (rank.nextToClose + step) % banks;
      const Bank &state = rank.timing.getBank(bank);
      if (bank >= rank.timing.getNumTargets() ||
          !rank.timing.canPrecharge(bank, now))
        continue;
      if (state.accesses < machine.controller.maxRowAccesses &&
          rank.queue.needsRow(bank, state.openRow))
        continue;
      rank.nextToClose = bank;
      Location location;
      location.channel = number;
      location.rank = place;
      location.bank = bank;
      location.row = state.openRow;
      rank.timing.precharge(bank, now);
      rank.queue.restoreActivations(rank.timing);
      report(CommandKind::Precharge, location);
      return true;
    }
  }
  return false;
}

} // namespace garam::pim
