//===- Encoder.cpp - HBM-PIM instructions to words ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Words.h"
#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

static uint32_t getValue(const Instruction &i, Field field) {
  switch (field) {
  case Field::Opcode:
    return static_cast<uint32_t>(i.opcode);
  case Field::Destination:
    return static_cast<uint32_t>(i.destination.operandClass);
  case Field::Source0:
    return static_cast<uint32_t>(i.source0.operandClass);
  case Field::Source1:
    return static_cast<uint32_t>(i.source1.operandClass);
  case Field::Source2:
    return static_cast<uint32_t>(i.source2.operandClass);
  case Field::AutoIndex:
    return i.autoIndex;
  case Field::Relu:
    return i.relu;
  case Field::DestinationIndex:
    return i.destination.index;
  case Field::Source0Index:
    return i.source0.index;
  case Field::Source1Index:
    return i.opcode == Opcode::Mad ? i.source2.index : i.source1.index;
  case Field::Count:
    return i.count;
  case Field::Offset:
    return i.offset;
  }
  return 0;
}

uint32_t pack(const Instruction &instruction) {
  uint32_t word = 0;
  for (const FieldLayout &layout : getLayout(instruction.opcode))
    word |= getValue(instruction, layout.field) << layout.low;
  return word;
}

llvm::Expected<uint32_t> encode(const Instruction &instruction) {
  std::string message = checkInstruction(instruction);
  if (!message.empty())
    return llvm::createStringError(message);
  return pack(instruction);
}

llvm::Expected<std::vector<uint32_t>>
encode(llvm::ArrayRef<Instruction> program) {
  if (program.size() > maxInstructions)
    return llvm::createStringError(
        "a program has at most " + std::to_string(maxInstructions) +
        " instructions, got: " + std::to_string(program.size()));
  std::vector<uint32_t> words;
  for (auto [place, instruction] : llvm::enumerate(program)) {
    llvm::Expected<uint32_t> word = encode(instruction);
    if (!word)
      return llvm::createStringError("instruction " + std::to_string(place) +
                                     ": " + llvm::toString(word.takeError()));
    words.push_back(*word);
  }
  words.resize(llvm::alignTo(words.size(), instructionsPerBurst),
               pack(Instruction()));
  return words;
}

} // namespace garam::pim
