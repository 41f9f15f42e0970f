//===- RankData.h - Cells and registers of a rank ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_RANKDATA_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_RANKDATA_H

#include "ExecutionUnit.h"
#include "Sequencer.h"

namespace garam::pim {

/// A column command.
struct Access {
  bool isWrite = false;
  uint32_t bank = 0, row = 0, column = 0;
  Burst data = {}; // of a write
};

/// What the energy of a run comes from.
struct AccessCounts {
  /// Bursts between the host and the device.
  uint64_t interfaceReads = 0, interfaceWrites = 0;
  /// Bursts between banks and their units.
  uint64_t bankReads = 0, bankWrites = 0;
  uint64_t laneOperations = 0; // of the units, in fp16
  uint64_t macs = 0;           // those among them that are multiply-accumulates

  void add(const AccessCounts &other);
};

/// What column commands do to the cells and registers of one rank.
class RankData {
public:
  /// With `timingOnly` there are no cells and no vector registers: programs
  /// take their course, but without data.
  RankData(const MachineDescription &machine, bool timingOnly);

  /// Executes a command; gives the data of a read (0 in all-bank mode, in which
  /// a host gets none). Fails on a program that is not legal.
  llvm::Expected<Burst> access(const Access &access, bool isAllBank);

  uint64_t getTriggers() const { return triggers; }
  const AccessCounts &getCounts() const { return counts; }
  const std::vector<std::string> &getWarnings() const { return warnings; }

private:
  Burst accessSingleBank(const Access &access);
  llvm::Error accessAllBanks(const Access &access);
  void writeRegister(const Access &access);
  void writeControl(const Burst &data);
  bool isTrigger(const Access &access) const;
  llvm::Error execute(const Access &access);
  llvm::Error checkBankOperands(const Instruction &instruction,
                                const Trigger &trigger);
  void move(const Access &access);
  void count(const Instruction &instruction, const Trigger &trigger);

  const MachineDescription &machine;
  bool timingOnly;
  BankStorage storage;
  Sequencer sequencer;
  std::vector<ExecutionUnit> units;
  bool isExecuting = false;
  bool movesAllGRF = true; // until a control burst says otherwise
  uint8_t triggerMask = 0;
  uint64_t triggers = 0;
  AccessCounts counts;
  std::vector<std::string> warnings;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_RANKDATA_H
