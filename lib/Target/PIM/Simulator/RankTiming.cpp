//===- RankTiming.cpp - When the banks of a rank take commands ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RankTiming.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>

namespace garam::pim {

RankTiming::RankTiming(const MachineDescription &machine)
    : machine(machine), banks(machine.geometry.getBanks()),
      entered(banks.size()), left(banks.size()) {}

uint32_t RankTiming::getNumTargets() const {
  return allBank ? numAllBankTargets : static_cast<uint32_t>(banks.size());
}

bool RankTiming::hasOpenBank() const {
  return llvm::any_of(banks, [](const Bank &bank) { return bank.isOpen; });
}

/// `time` becomes at least `earliest`.
static void delay(Cycle &time, Cycle earliest) {
  time = std::max(time, earliest);
}

void RankTiming::forEachMirrored(uint32_t bank,
                                 llvm::function_ref<void(Bank &)> function) {
  if (!allBank)
    return function(banks[bank]);
  for (uint32_t other = bank % 2; other < banks.size(); other += 2)
    function(banks[other]);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// In all-bank mode an activation opens the row in all banks of the parity; the
/// banks of the other parity count as being of the same bank group.
void RankTiming::activate(uint32_t bank, uint32_t row, uint32_t column,
                          Cycle now) {
  const Timing &t = machine.timing;
  uint32_t group = bank / machine.geometry.banksPerGroup;
  for (uint32_t other = 0; other < banks.size(); ++other) {
    bool isMirrored = allBank && other % 2 == bank % 2;
    bool sameGroup = allBank || other / machine.geometry.banksPerGroup == group;
    if (other != bank && !isMirrored)
      delay(banks[other].nextActivate, now + (sameGroup ? t.tRRDL : t.tRRDS));
  }
  forEachMirrored(bank, [&](Bank &opened) {
    opened.isOpen = true;
    opened.openRow = row;
    opened.accesses = 0;
    delay(opened.nextActivate, now + t.tRC);
    delay(opened.nextPrecharge, now + t.tRAS);
    delay(opened.nextRead, now + t.tRCDRD);
    delay(opened.nextWrite, now + t.tRCDWR);
  });
  enterAllBank(bank, row, column);
}

void RankTiming::close(Bank &bank, Cycle now) {
  if (!bank.isOpen)
    return;
  bank.isOpen = false;
  bank.closedAt = now + machine.timing.tRP;
  delay(bank.nextActivate, bank.closedAt);
}

void RankTiming::precharge(uint32_t bank, Cycle now) {
  forEachMirrored(bank, [&](Bank &mirrored) { close(mirrored, now); });
  leaveAllBank(bank, banks[bank].openRow);
}

void RankTiming::prechargeAll(Cycle now) {
  for (uint32_t bank = 0; bank < banks.size(); ++bank)
    if (banks[bank].isOpen)
      precharge(bank, now);
}

/// Only the time of the bank that is named counts: its mirrors close with it.
bool RankTiming::canPrechargeAll(Cycle now) const {
  auto targets = llvm::ArrayRef(banks).take_front(getNumTargets());
  return llvm::any_of(targets, [](const Bank &bank) { return bank.isOpen; }) &&
         llvm::all_of(targets, [&](const Bank &bank) {
           return !bank.isOpen || now >= bank.nextPrecharge;
         });
}

/// In single-bank mode a refresh waits until each bank could be activated
/// (tRP). In all-bank mode it was observed not to.
bool RankTiming::canRefresh(Cycle now) const {
  for (const Bank &bank : llvm::ArrayRef(banks).take_front(getNumTargets()))
    if (bank.isOpen || (!allBank && now < bank.nextActivate))
      return false;
  return true;
}

void RankTiming::refresh(Cycle now) {
  for (Bank &bank : banks) {
    bank.isOpen = false;
    bank.closedAt = now;
    bank.nextActivate = now + machine.timing.tRFC;
  }
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

/// In all-bank mode all banks take part, so that each access is one to the same
/// bank group.
void RankTiming::access(uint32_t bank, bool isWrite, Cycle now) {
  const Timing &t = machine.timing;
  uint32_t group = bank / machine.geometry.banksPerGroup;
  for (uint32_t other = 0; other < banks.size(); ++other) {
    bool sameGroup = allBank || other / machine.geometry.banksPerGroup == group;
    Cycle nextColumn = now + (sameGroup ? t.tCCDL : t.tCCDS);
    Bank &b = banks[other];
    delay(b.nextRead, isWrite ? now + t.getWriteToRead(sameGroup) : nextColumn);
    delay(b.nextWrite, isWrite ? nextColumn : now + t.getReadToWrite());
  }
  Bank &accessed = banks[bank];
  ++accessed.accesses;
  delay(accessed.nextPrecharge,
        now + (isWrite ? t.getWriteToPrecharge() : t.getReadToPrecharge()));
}

void RankTiming::accessElsewhere(bool isWrite, Cycle now) {
  const Timing &t = machine.timing;
  for (Bank &bank : banks) {
    delay(bank.nextRead, now + (isWrite ? t.getWriteToOtherRankRead()
                                        : t.getBurstToOtherRank()));
    delay(bank.nextWrite,
          now + (isWrite ? t.getBurstToOtherRank() : t.getReadToWrite()));
  }
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

/// Whether `done` has now all of `banks`; if so, it is cleared.
static bool complete(std::vector<bool> &done, uint32_t bank,
                     llvm::ArrayRef<uint32_t> banks) {
  if (!llvm::is_contained(banks, bank))
    return false;
  done[bank] = true;
  if (!llvm::all_of(banks, [&](uint32_t needed) { return done[needed]; }))
    return false;
  done.assign(done.size(), false);
  return true;
}

void RankTiming::enterAllBank(uint32_t bank, uint32_t row, uint32_t column) {
  const ModeRows &rows = machine.rows;
  if (!allBank && row == rows.enterAllBank && column == rows.modeColumn &&
      complete(entered, bank, rows.enterBanks))
    allBank = true;
}

void RankTiming::leaveAllBank(uint32_t bank, uint32_t row) {
  const ModeRows &rows = machine.rows;
  if (allBank && row == rows.leaveAllBank &&
      complete(left, bank, rows.leaveBanks))
    allBank = false;
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

Cycle RankTiming::getNextChange(Cycle now) const {
  Cycle next = std::numeric_limits<Cycle>::max();
  for (const Bank &b : banks)
    for (Cycle time :
         {b.nextActivate, b.nextRead, b.nextWrite, b.nextPrecharge, b.closedAt})
      if (time > now)
        next = std::min(next, time);
  return next;
}

Cycle RankTiming::getClosedAt() const {
  Cycle closed = 0;
  for (const Bank &bank : banks)
    delay(closed, bank.closedAt);
  return closed;
}

} // namespace garam::pim
