//===- RankTiming.h - When the banks of a rank take commands ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_RANKTIMING_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_RANKTIMING_H

#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::pim {

/// A point in time, in cycles of the command clock.
using Cycle = uint64_t;

/// The banks of a rank that a host can address in all-bank mode: an even and an
/// odd one, which stand for all of their parity.
constexpr uint32_t numAllBankTargets = 2;

struct Bank {
  bool isOpen = false;
  uint32_t openRow = 0;
  uint32_t accesses = 0; // to the open row
  /// The first cycle that a command may be issued in; `closedAt`: that a
  /// precharge has ended in.
  Cycle nextActivate = 0, nextRead = 0, nextWrite = 0, nextPrecharge = 0;
  Cycle closedAt = 0;
};

/// The state machines of the banks of one rank, as DRAMSim2 keeps them
/// (Rosenfeld et al., CAL 2011), with the modes of Aquabolt-XL as observed on
/// the vendor's public simulator, commit b464dde. Commands are issued only when
/// the corresponding `can...` says so. tXAW is not enforced, as it is not
/// there.
class RankTiming {
public:
  explicit RankTiming(const MachineDescription &machine);

  bool isAllBank() const { return allBank; }
  const Bank &getBank(uint32_t bank) const { return banks[bank]; }
  /// Banks that commands address: in all-bank mode two, else all.
  uint32_t getNumTargets() const;
  bool isOpen(uint32_t bank, uint32_t row) const {
    return banks[bank].isOpen && banks[bank].openRow == row;
  }
  bool hasOpenBank() const;

  bool canActivate(uint32_t bank, Cycle now) const {
    return !banks[bank].isOpen && now >= banks[bank].nextActivate;
  }
  bool canAccess(uint32_t bank, uint32_t row, bool isWrite, Cycle now) const {
    const Bank &b = banks[bank];
    return isOpen(bank, row) && now >= (isWrite ? b.nextWrite : b.nextRead);
  }
  bool canPrecharge(uint32_t bank, Cycle now) const {
    return banks[bank].isOpen && now >= banks[bank].nextPrecharge;
  }
  /// All open banks can be closed by one command; false when none is open.
  bool canPrechargeAll(Cycle now) const;
  bool canRefresh(Cycle now) const;

  /// `column` of the transaction that needs the row.
  void activate(uint32_t bank, uint32_t row, uint32_t column, Cycle now);
  void access(uint32_t bank, bool isWrite, Cycle now);
  /// Another rank of the channel was accessed.
  void accessElsewhere(bool isWrite, Cycle now);
  void precharge(uint32_t bank, Cycle now);
  void prechargeAll(Cycle now);
  void refresh(Cycle now);

  /// The first cycle after `now` in which something becomes possible that was
  /// not; the largest number when there is none.
  Cycle getNextChange(Cycle now) const;
  /// The first cycle in which all banks are closed, unless one is open.
  Cycle getClosedAt() const;

private:
  void close(Bank &bank, Cycle now);
  /// Calls `function` for `bank` or, in all-bank mode, all of its parity.
  void forEachMirrored(uint32_t bank,
                       llvm::function_ref<void(Bank &)> function);
  void enterAllBank(uint32_t bank, uint32_t row, uint32_t column);
  void leaveAllBank(uint32_t bank, uint32_t row);

  const MachineDescription &machine;
  std::vector<Bank> banks;
  bool allBank = false;
  /// Banks in which the row that changes the mode was activated or precharged.
  std::vector<bool> entered, left;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_RANKTIMING_H
