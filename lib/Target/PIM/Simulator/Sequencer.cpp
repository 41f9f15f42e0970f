//===- Sequencer.cpp - Which instruction a trigger executes ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Sequencer.h"

#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/Support/Endian.h"

namespace garam::pim {

Sequencer::Sequencer() = default;

void Sequencer::load(unsigned part, const Burst &burst) {
  for (unsigned i = 0; i < instructionsPerBurst; ++i) {
    Slot &slot = slots[part * instructionsPerBurst + i];
    slot = {};
    uint32_t word = llvm::support::endian::read32le(&burst[i * sizeof(word)]);
    llvm::Expected<Instruction> instruction = decodeIgnoringReserved(word);
    if (!instruction) {
      slot.problem = llvm::toString(instruction.takeError());
      continue;
    }
    slot.instruction = *instruction;
    slot.problem = checkInstruction(*instruction);
  }
}

void Sequencer::reset() {
  counter = 0;
  activeJump.reset();
  jumpsLeft = 0;
  repeatsLeft = 0;
  exited = false;
}

llvm::Error Sequencer::fail(const std::string &what) const {
  return llvm::createStringError("instruction " + std::to_string(counter) +
                                 ": " + what);
}

llvm::Error Sequencer::moveTo(int64_t target) {
  if (target < 0 || target >= maxInstructions)
    return fail("the program leaves the register file to " +
                std::to_string(target));
  counter = static_cast<unsigned>(target);
  return llvm::Error::success();
}

/// Jumps take no trigger. A jump that is reached for the first time starts the
/// one counter that there is.
llvm::Error Sequencer::followJumps() {
  while (slots[counter].problem.empty() &&
         slots[counter].instruction.opcode == Opcode::Jump) {
    const Instruction &jump = slots[counter].instruction;
    if (activeJump != counter) {
      activeJump = counter;
      jumpsLeft = jump.count;
    }
    if (jumpsLeft == 0) {
      activeJump.reset();
      if (llvm::Error error = moveTo(int64_t(counter) + 1))
        return error;
      continue;
    }
    --jumpsLeft;
    if (llvm::Error error = moveTo(int64_t(counter) - jump.offset + 1))
      return error;
    // Two jumps could lead to each other for ever.
    if (slots[counter].instruction.opcode == Opcode::Jump)
      return fail("a JUMP leads to a JUMP");
  }
  return llvm::Error::success();
}

llvm::Expected<const Instruction *> Sequencer::trigger() {
  if (llvm::Error error = followJumps())
    return error;
  const Slot &slot = slots[counter];
  if (!slot.problem.empty())
    return fail(slot.problem);
  if (slot.instruction.opcode == Opcode::Exit) {
    exited = true;
    return nullptr;
  }
  if (repeatsLeft == 0)
    repeatsLeft = getTriggers(slot.instruction);
  if (--repeatsLeft == 0) {
    if (llvm::Error error = moveTo(int64_t(counter) + 1))
      return error;
    // An EXIT behind the last instruction takes no trigger.
    const Slot &next = slots[counter];
    exited = next.problem.empty() && next.instruction.opcode == Opcode::Exit;
  }
  return &slot.instruction;
}

} // namespace garam::pim
