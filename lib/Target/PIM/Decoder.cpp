//===- Decoder.cpp - Words to HBM-PIM instructions ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Words.h"
#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

static void setValue(Instruction &i, Field field, uint32_t value) {
  auto operandClass = static_cast<OperandClass>(value % numOperandClasses);
  uint8_t index = value % numRegisters;
  switch (field) {
  case Field::Opcode:
    break; // chose the layout
  case Field::Destination:
    i.destination.operandClass = operandClass;
    break;
  case Field::Source0:
    i.source0.operandClass = operandClass;
    break;
  case Field::Source1:
    i.source1.operandClass = operandClass;
    break;
  case Field::Source2:
    i.source2.operandClass = operandClass;
    break;
  case Field::AutoIndex:
    i.autoIndex = value != 0;
    break;
  case Field::Relu:
    i.relu = value != 0;
    break;
  case Field::DestinationIndex:
    i.destination.index = index;
    break;
  case Field::Source0Index:
    i.source0.index = index;
    break;
  case Field::Source1Index:
    i.source1.index = index;
    if (i.opcode == Opcode::Mad)
      i.source2.index = index;
    break;
  case Field::Count:
    i.count = value;
    break;
  case Field::Offset:
    i.offset = value;
    break;
  }
}

llvm::Expected<Instruction> decodeIgnoringReserved(uint32_t word) {
  constexpr unsigned opcodeShift = 28;
  Instruction instruction;
  instruction.opcode = static_cast<Opcode>(word >> opcodeShift);
  llvm::ArrayRef<FieldLayout> layouts = getLayout(instruction.opcode);
  if (layouts.empty())
    return llvm::createStringError(
        "0x" + llvm::utohexstr(word, true, 8) + ": opcode " +
        std::to_string(word >> opcodeShift) + " is reserved");
  for (const FieldLayout &layout : layouts)
    setValue(instruction, layout.field,
             word >> layout.low &
                 llvm::maskTrailingOnes<uint32_t>(layout.width));
  for (Operand *operand : {&instruction.destination, &instruction.source0,
                           &instruction.source1, &instruction.source2})
    if (!hasIndex(instruction, *operand))
      operand->index = 0;
  return instruction;
}

llvm::Expected<Instruction> decode(uint32_t word) {
  llvm::Expected<Instruction> instruction = decodeIgnoringReserved(word);
  if (!instruction)
    return instruction.takeError();
  if (uint32_t ignored = word & ~pack(*instruction))
    return llvm::createStringError(
        "0x" + llvm::utohexstr(word, true, 8) + ": bits 0x" +
        llvm::utohexstr(ignored, true, 8) + " of " +
        getName(instruction->opcode).str() + " are reserved and not zero");
  return instruction;
}

} // namespace garam::pim
