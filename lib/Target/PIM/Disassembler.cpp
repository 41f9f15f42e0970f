//===- Disassembler.cpp - HBM-PIM instructions as text --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"

namespace garam::pim {

static void writeOperand(const Instruction &instruction, const Operand &operand,
                         llvm::raw_ostream &os) {
  os << getName(operand.operandClass);
  if (hasIndex(instruction, operand))
    os << '[' << unsigned(operand.index) << ']';
}

std::string getText(const Instruction &instruction) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getName(instruction.opcode);
  switch (instruction.opcode) {
  case Opcode::Nop:
    os << ' ' << instruction.count;
    return text;
  case Opcode::Jump:
    os << ' ' << instruction.count << ", " << instruction.offset;
    return text;
  case Opcode::Exit:
    return text;
  default:
    break;
  }
  os << ' ';
  writeOperand(instruction, instruction.destination, os);
  for (const Operand &source : getSources(instruction)) {
    os << ", ";
    writeOperand(instruction, source, os);
  }
  if (instruction.autoIndex)
    os << ", auto";
  if (instruction.relu)
    os << ", relu";
  return text;
}

void disassemble(llvm::ArrayRef<uint32_t> words, llvm::raw_ostream &os) {
  for (auto [place, word] : llvm::enumerate(words)) {
    os << llvm::format("%2u  %08x  ", unsigned(place), word);
    llvm::Expected<Instruction> instruction = decode(word);
    if (instruction)
      os << getText(*instruction) << '\n';
    else
      os << "; " << llvm::toString(instruction.takeError()) << '\n';
  }
}

} // namespace garam::pim
