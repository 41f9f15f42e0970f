//===- ExecutionUnit.h - The SIMD unit of a pair of banks -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTIONUNIT_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTIONUNIT_H

#include "BankStorage.h"
#include "garam/Target/PIM/Machine/Half.h"

namespace garam::pim {

/// 16 lanes.
using Vector = std::array<Half, numLanes>;
Vector toVector(const Burst &burst);
Burst toBurst(const Vector &vector);

/// The access that triggers an instruction.
struct Trigger {
  bool isWrite = false;
  uint32_t bank = 0;
  uint32_t row = 0; // of operands
  uint32_t column = 0;
};

class ExecutionUnit {
public:
  /// The unit of banks 2 * number and 2 * number + 1.
  explicit ExecutionUnit(unsigned number) : number(number) {}

  /// Executes a legal instruction that is neither JUMP nor EXIT on the banks of
  /// `storage`.
  void execute(const Instruction &instruction, const Trigger &trigger,
               BankStorage &storage);

  uint32_t getBank(bool isOdd) const { return 2 * number + (isOdd ? 1 : 0); }

  std::array<Vector, numRegisters> grfA = {}, grfB = {};
  /// SRF_M, then SRF_A.
  Vector scalars = {};

private:
  Vector read(const Instruction &instruction, const Operand &operand,
              const Trigger &trigger, const BankStorage &storage) const;
  void write(const Instruction &instruction, const Trigger &trigger,
             const Vector &value);
  void store(const Trigger &trigger, BankStorage &storage);

  unsigned number;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTIONUNIT_H
