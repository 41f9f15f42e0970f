//===- ExecutionUnit.cpp - The SIMD unit of a pair of banks ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ExecutionUnit.h"

#include "llvm/Support/Endian.h"

#include <algorithm>

namespace garam::pim {

static_assert(2 * numRegisters == numLanes,
              "SRF_M and SRF_A together are one vector");

Vector toVector(const Burst &burst) {
  Vector vector;
  for (unsigned lane = 0; lane < numLanes; ++lane)
    vector[lane] = llvm::support::endian::read16le(&burst[lane * sizeof(Half)]);
  return vector;
}

Burst toBurst(const Vector &vector) {
  Burst burst;
  for (unsigned lane = 0; lane < numLanes; ++lane)
    llvm::support::endian::write16le(&burst[lane * sizeof(Half)], vector[lane]);
  return burst;
}

/// The register that `operand` names: its own index or one from the address.
/// A walk of MAC meets, for each of 8 inputs in GRF_A, 8 accumulators in
/// GRF_B: 64 columns of two rows, the first of them even.
static unsigned getIndex(const Instruction &instruction, const Operand &operand,
                         const Trigger &trigger) {
  if (hasIndex(instruction, operand))
    return operand.index;
  if (instruction.opcode == Opcode::Mac &&
      operand.operandClass == OperandClass::GRFA)
    return (trigger.row & 1) << 2 | (trigger.column >> 3 & 3);
  return trigger.column % numRegisters;
}

Vector ExecutionUnit::read(const Instruction &instruction,
                           const Operand &operand, const Trigger &trigger,
                           const BankStorage &storage) const {
  auto broadcast = [](Half scalar) {
    Vector vector;
    vector.fill(scalar);
    return vector;
  };
  unsigned index = getIndex(instruction, operand, trigger);
  switch (operand.operandClass) {
  case OperandClass::EvenBank:
  case OperandClass::OddBank: {
    bool isOdd = operand.operandClass == OperandClass::OddBank;
    return toVector(storage.read(getBank(isOdd), trigger.row, trigger.column));
  }
  case OperandClass::GRFA:
    return grfA[index];
  case OperandClass::GRFB:
    return grfB[index];
  case OperandClass::SRFM:
    return broadcast(scalars[index]);
  case OperandClass::SRFA:
    return broadcast(scalars[numRegisters + index]);
  default:
    return {}; // no legal instruction reads it
  }
}

void ExecutionUnit::write(const Instruction &instruction,
                          const Trigger &trigger, const Vector &value) {
  const Operand &destination = instruction.destination;
  unsigned index = getIndex(instruction, destination, trigger);
  switch (destination.operandClass) {
  case OperandClass::GRFA:
    grfA[index] = value;
    break;
  case OperandClass::GRFB:
    grfB[index] = value;
    break;
  default:
    // Both scalar files at once: they are one register.
    scalars = value;
    break;
  }
}

/// NOP that a write triggers: the only way from registers to cells while a
/// program runs.
void ExecutionUnit::store(const Trigger &trigger, BankStorage &storage) {
  bool isOdd = trigger.bank % 2 != 0;
  unsigned index = trigger.column % numRegisters;
  storage.write(getBank(isOdd), trigger.row, trigger.column,
                toBurst(isOdd ? grfB[index] : grfA[index]));
}

void ExecutionUnit::execute(const Instruction &instruction,
                            const Trigger &trigger, BankStorage &storage) {
  if (instruction.opcode == Opcode::Nop) {
    if (trigger.isWrite)
      store(trigger, storage);
    return;
  }
  auto read = [&](const Operand &operand) {
    return this->read(instruction, operand, trigger, storage);
  };
  Vector result = read(instruction.source0);
  if (isMove(instruction.opcode)) {
    if (instruction.relu)
      std::transform(result.begin(), result.end(), result.begin(), relu);
    return write(instruction, trigger, result);
  }
  Vector factor = read(instruction.source1);
  auto combine = [&](const Vector &other, Half (*function)(Half, Half)) {
    std::transform(result.begin(), result.end(), other.begin(), result.begin(),
                   function);
  };
  combine(factor, instruction.opcode == Opcode::Add ? add : multiply);
  // The product is rounded before the sum is: the units have no fused
  // multiply-add.
  if (instruction.opcode == Opcode::Mac)
    combine(read(instruction.destination), add);
  if (instruction.opcode == Opcode::Mad)
    combine(read(instruction.source2), add);
  write(instruction, trigger, result);
}

} // namespace garam::pim
