//===- Sequencer.h - Which instruction a trigger executes -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_SEQUENCER_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_SEQUENCER_H

#include "garam/Target/PIM/TransactionStream.h"

namespace garam::pim {

/// The register file of instructions (CRF), the program counter and its
/// counters. All units of a rank share one.
class Sequencer {
public:
  Sequencer();

  /// Fills the `part`-th 8 instructions of the register file.
  void load(unsigned part, const Burst &burst);
  /// To the first instruction, as on entry to execution.
  void reset();
  bool hasExited() const { return exited; }

  /// The instruction that the next trigger executes; null when it finds EXIT.
  /// Fails on an instruction that is not legal and on a program that leaves
  /// the register file.
  llvm::Expected<const Instruction *> trigger();

private:
  struct Slot {
    Instruction instruction;
    std::string problem; // empty: it is legal
  };

  llvm::Error followJumps();
  llvm::Error moveTo(int64_t target);
  llvm::Error fail(const std::string &what) const;

  std::array<Slot, maxInstructions> slots;
  unsigned counter = 0; // the program counter
  /// The JUMP that is being taken, and how often it still is.
  std::optional<unsigned> activeJump;
  uint32_t jumpsLeft = 0;
  /// Triggers that the current instruction still takes; 0: not yet reached.
  uint32_t repeatsLeft = 0;
  bool exited = false;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_SEQUENCER_H
