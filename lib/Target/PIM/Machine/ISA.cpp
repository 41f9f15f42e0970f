//===- ISA.cpp - Instructions of the HBM-PIM execution units --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/ISA.h"

#include <tuple>

namespace garam::pim {

namespace {

constexpr Opcode opcodes[] = {Opcode::Nop,  Opcode::Add,  Opcode::Mul,
                              Opcode::Mac,  Opcode::Mad,  Opcode::Mov,
                              Opcode::Fill, Opcode::Jump, Opcode::Exit};

constexpr llvm::StringLiteral operandClassNames[numOperandClasses] = {
    "A_OUT", "M_OUT", "EVEN_BANK", "ODD_BANK",
    "GRF_A", "GRF_B", "SRF_M",     "SRF_A"};

constexpr FieldLayout opcodeField = {Field::Opcode, "opcode", 28, 4};

constexpr FieldLayout arithmeticLayout[] = {
    opcodeField,
    {Field::Destination, "dst", 25, 3},
    {Field::Source0, "src0", 22, 3},
    {Field::Source1, "src1", 19, 3},
    {Field::AutoIndex, "auto", 15, 1},
    {Field::DestinationIndex, "dst#", 8, 3},
    {Field::Source0Index, "src0#", 4, 3},
    {Field::Source1Index, "src1#", 0, 3}};

constexpr FieldLayout madLayout[] = {opcodeField,
                                     {Field::Destination, "dst", 25, 3},
                                     {Field::Source0, "src0", 22, 3},
                                     {Field::Source1, "src1", 19, 3},
                                     {Field::Source2, "src2", 16, 3},
                                     {Field::AutoIndex, "auto", 15, 1},
                                     {Field::DestinationIndex, "dst#", 8, 3},
                                     {Field::Source0Index, "src0#", 4, 3},
                                     {Field::Source1Index, "src1#", 0, 3}};

constexpr FieldLayout moveLayout[] = {opcodeField,
                                      {Field::Destination, "dst", 25, 3},
                                      {Field::Source0, "src0", 22, 3},
                                      {Field::Relu, "relu", 12, 1},
                                      {Field::DestinationIndex, "dst#", 8, 3},
                                      {Field::Source0Index, "src0#", 4, 3}};

constexpr FieldLayout nopLayout[] = {opcodeField,
                                     {Field::Count, "count", 0, repeatBits}};

constexpr FieldLayout jumpLayout[] = {
    opcodeField,
    {Field::Count, "count", jumpOffsetBits, jumpCountBits},
    {Field::Offset, "offset", 0, jumpOffsetBits}};

constexpr FieldLayout exitLayout[] = {opcodeField};

} // namespace

llvm::ArrayRef<Opcode> getOpcodes() { return opcodes; }

llvm::StringRef getName(Opcode opcode) {
  switch (opcode) {
  case Opcode::Nop:
    return "NOP";
  case Opcode::Add:
    return "ADD";
  case Opcode::Mul:
    return "MUL";
  case Opcode::Mac:
    return "MAC";
  case Opcode::Mad:
    return "MAD";
  case Opcode::Mov:
    return "MOV";
  case Opcode::Fill:
    return "FILL";
  case Opcode::Jump:
    return "JUMP";
  case Opcode::Exit:
    return "EXIT";
  }
  return "reserved";
}

llvm::StringRef getName(OperandClass operandClass) {
  return operandClassNames[static_cast<unsigned>(operandClass)];
}

std::optional<Opcode> findOpcode(llvm::StringRef name) {
  for (Opcode opcode : opcodes)
    if (getName(opcode) == name)
      return opcode;
  return std::nullopt;
}

std::optional<OperandClass> findOperandClass(llvm::StringRef name) {
  for (unsigned code = 0; code < numOperandClasses; ++code)
    if (operandClassNames[code] == name)
      return static_cast<OperandClass>(code);
  return std::nullopt;
}

bool Instruction::operator==(const Instruction &other) const {
  auto members = [](const Instruction &i) {
    return std::tie(i.opcode, i.destination, i.source0, i.source1, i.source2,
                    i.autoIndex, i.relu, i.count, i.offset);
  };
  return members(*this) == members(other);
}

bool isAutoIndexed(const Instruction &instruction) {
  return instruction.autoIndex || instruction.opcode == Opcode::Fill;
}

bool hasIndex(const Instruction &instruction, const Operand &operand) {
  return isScalarRegister(operand.operandClass) ||
         (isVectorRegister(operand.operandClass) &&
          !isAutoIndexed(instruction));
}

std::vector<Operand> getSources(const Instruction &instruction) {
  if (isMove(instruction.opcode))
    return {instruction.source0};
  if (!isArithmetic(instruction.opcode))
    return {};
  if (instruction.opcode != Opcode::Mad)
    return {instruction.source0, instruction.source1};
  return {instruction.source0, instruction.source1, instruction.source2};
}

uint32_t getTriggers(const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Nop:
    return instruction.count + 1;
  case Opcode::Jump:
  case Opcode::Exit:
    return 0;
  default:
    return isAutoIndexed(instruction) ? autoIndexRepeats : 1;
  }
}

llvm::ArrayRef<FieldLayout> getLayout(Opcode opcode) {
  switch (opcode) {
  case Opcode::Nop:
    return nopLayout;
  case Opcode::Add:
  case Opcode::Mul:
  case Opcode::Mac:
    return arithmeticLayout;
  case Opcode::Mad:
    return madLayout;
  case Opcode::Mov:
  case Opcode::Fill:
    return moveLayout;
  case Opcode::Jump:
    return jumpLayout;
  case Opcode::Exit:
    return exitLayout;
  }
  return {};
}

} // namespace garam::pim
