//===- RankData.cpp - Cells and registers of a rank -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RankData.h"

#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace garam::pim {

void AccessCounts::add(const AccessCounts &other) {
  interfaceReads += other.interfaceReads;
  interfaceWrites += other.interfaceWrites;
  bankReads += other.bankReads;
  bankWrites += other.bankWrites;
  laneOperations += other.laneOperations;
  macs += other.macs;
}

RankData::RankData(const MachineDescription &machine, bool timingOnly)
    : machine(machine), timingOnly(timingOnly), storage(machine.geometry) {
  for (unsigned unit = 0; unit < machine.geometry.getUnits(); ++unit)
    units.emplace_back(unit);
}

llvm::Expected<Burst> RankData::access(const Access &access, bool isAllBank) {
  if (!isAllBank)
    return accessSingleBank(access);
  if (llvm::Error error = accessAllBanks(access))
    return error;
  return Burst();
}

/// The place in `count` columns from `first` on.
static std::optional<unsigned> findPlace(uint32_t column, uint32_t first,
                                         unsigned count) {
  if (column < first || column - first >= count)
    return std::nullopt;
  return column - first;
}

/// As a plain DRAM, but that the vector registers can be read.
Burst RankData::accessSingleBank(const Access &access) {
  const RegisterMap &map = machine.registers;
  ++(access.isWrite ? counts.interfaceWrites : counts.interfaceReads);
  if (timingOnly)
    return {};
  if (!(access.row & machine.rows.noCellBit)) {
    if (!access.isWrite)
      return storage.read(access.bank, access.row, access.column);
    storage.write(access.bank, access.row, access.column, access.data);
    return {};
  }
  if (access.isWrite || access.row != machine.rows.registers)
    return {};
  const ExecutionUnit &unit = units[access.bank / 2];
  if (auto place = findPlace(access.column, map.grfA, numRegisters))
    return toBurst(unit.grfA[*place]);
  if (auto place = findPlace(access.column, map.grfB, numRegisters))
    return toBurst(unit.grfB[*place]);
  return {};
}

llvm::Error RankData::accessAllBanks(const Access &access) {
  if (access.row == machine.rows.registers) {
    if (access.isWrite)
      writeRegister(access);
    return llvm::Error::success();
  }
  if (isTrigger(access))
    return execute(access);
  if (!(access.row & machine.rows.noCellBit))
    move(access);
  return llvm::Error::success();
}

void RankData::writeRegister(const Access &access) {
  const RegisterMap &map = machine.registers;
  ++counts.interfaceWrites;
  if (access.column == map.control)
    return writeControl(access.data);
  if (auto part = findPlace(access.column, map.instructions,
                            maxInstructions / instructionsPerBurst))
    return sequencer.load(*part, access.data);
  if (timingOnly)
    return;
  Vector value = toVector(access.data);
  for (ExecutionUnit &unit : units) {
    if (access.column == map.scalars)
      unit.scalars = value;
    else if (auto a = findPlace(access.column, map.grfA, numRegisters))
      unit.grfA[*a] = value;
    else if (auto b = findPlace(access.column, map.grfB, numRegisters))
      unit.grfB[*b] = value;
  }
}

void RankData::writeControl(const Burst &data) {
  const ControlBytes &bytes = machine.control;
  isExecuting = data[bytes.execute] & 1;
  if (isExecuting)
    sequencer.reset();
  movesAllGRF = data[bytes.moveAllGRF] & 1;
  triggerMask = data[bytes.triggerMask];
  for (ExecutionUnit &unit : units) {
    if (data[bytes.zeroGRFA])
      unit.grfA = {};
    if (data[bytes.zeroGRFB])
      unit.grfB = {};
  }
}

bool RankData::isTrigger(const Access &access) const {
  bool hasCells = !(access.row & machine.rows.noCellBit);
  bool isOdd = access.bank % 2 != 0;
  return isExecuting && !sequencer.hasExited() &&
         (hasCells || (triggerMask & rowsWithoutCellsTrigger)) &&
         !(triggerMask &
           (isOdd ? oddBanksDoNotTrigger : evenBanksDoNotTrigger));
}

/// Checks what the device does not define or a program hardly means.
llvm::Error RankData::checkBankOperands(const Instruction &instruction,
                                        const Trigger &trigger) {
  for (const Operand &source : getSources(instruction)) {
    if (!isBank(source.operandClass))
      continue;
    if (trigger.isWrite)
      return llvm::createStringError("a write triggers '" +
                                     getText(instruction) +
                                     "', which reads a bank");
    bool isOdd = source.operandClass == OperandClass::OddBank;
    if (isOdd != (trigger.bank % 2 != 0))
      warnings.push_back("a read of bank " + std::to_string(trigger.bank) +
                         " triggers '" + getText(instruction) +
                         "', which reads banks of the other parity");
  }
  return llvm::Error::success();
}

llvm::Error RankData::execute(const Access &access) {
  Trigger trigger = {access.isWrite, access.bank,
                     access.row & machine.rows.operandRowMask, access.column};
  llvm::Expected<const Instruction *> instruction = sequencer.trigger();
  if (!instruction)
    return instruction.takeError();
  ++triggers;
  if (!*instruction)
    return llvm::Error::success();
  count(**instruction, trigger);
  // Once is enough.
  if (warnings.empty() || trigger.isWrite)
    if (llvm::Error error = checkBankOperands(**instruction, trigger))
      return error;
  if (timingOnly)
    return llvm::Error::success();
  for (ExecutionUnit &unit : units)
    unit.execute(**instruction, trigger, storage);
  return llvm::Error::success();
}

void RankData::count(const Instruction &instruction, const Trigger &trigger) {
  // Two sources in banks are one burst.
  bool readsBank = llvm::any_of(getSources(instruction), [](const Operand &s) {
    return isBank(s.operandClass);
  });
  if (readsBank)
    counts.bankReads += units.size();
  if (instruction.opcode == Opcode::Nop && trigger.isWrite)
    counts.bankWrites += units.size();
  if (!isArithmetic(instruction.opcode))
    return;
  counts.laneOperations += units.size() * numLanes;
  if (instruction.opcode == Opcode::Mac)
    counts.macs += units.size() * numLanes;
}

/// All-bank access outside a program: a read moves cells to registers, a write
/// moves registers to cells.
void RankData::move(const Access &access) {
  bool isOdd = access.bank % 2 != 0;
  unsigned index = access.column % numRegisters;
  bool isGRFB = access.isWrite ? isOdd : true;
  if (movesAllGRF)
    isGRFB = access.column / numRegisters % 2 != 0;
  (access.isWrite ? counts.bankWrites : counts.bankReads) += units.size();
  if (timingOnly)
    return;
  for (ExecutionUnit &unit : units) {
    Vector &vector = isGRFB ? unit.grfB[index] : unit.grfA[index];
    uint32_t bank = unit.getBank(isOdd);
    if (access.isWrite)
      storage.write(bank, access.row, access.column, toBurst(vector));
    else
      vector = toVector(storage.read(bank, access.row, access.column));
  }
}

} // namespace garam::pim
