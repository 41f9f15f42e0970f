//===- OperandRules.cpp - Which operands an instruction takes -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

namespace garam::pim {

namespace {

/// What each arithmetic opcode says to a pair of sources.
struct Permissions {
  Permission add = Permission::Never, mul = Permission::Never;
  Permission mac = Permission::Never, mad = Permission::Never;

  Permission get(Opcode opcode) const {
    switch (opcode) {
    case Opcode::Add:
      return add;
    case Opcode::Mul:
      return mul;
    case Opcode::Mac:
      return mac;
    case Opcode::Mad:
      return mad;
    default:
      return Permission::Never;
    }
  }
};

constexpr Permission never = Permission::Never, always = Permission::Always,
                     onlyAuto = Permission::OnlyAuto,
                     onlyExplicit = Permission::OnlyExplicit;

constexpr Permissions nothing = {};
constexpr Permissions additions = {always, never, never, never};
constexpr Permissions multiplyAdds = {never, never, never, always};
/// Of the two register files, or GRF_B and a bank: MAC has to walk.
constexpr Permissions walked = {always, always, onlyAuto, always};

/// Of sources of the same kind a table needs one row and column: GRF_A, GRF_B,
/// banks, SRF_M, SRF_A.
constexpr unsigned numKinds = 5;
constexpr Permissions permissions[numKinds][numKinds] = {
    // GRF_A
    {nothing,
     walked,
     {always, always, always, always},
     multiplyAdds,
     additions},
    // GRF_B
    {walked, nothing, walked, {never, never, onlyAuto, always}, additions},
    // EVEN_BANK or ODD_BANK; two banks are the same one
    {{always, always, always, never},
     walked,
     {always, always, always, onlyExplicit},
     multiplyAdds,
     additions},
    // SRF_M
    {nothing, {never, never, onlyAuto, never}, nothing, nothing, nothing},
    // SRF_A
    {additions, additions, additions, nothing, nothing}};

std::optional<unsigned> getKind(OperandClass operandClass) {
  switch (operandClass) {
  case OperandClass::GRFA:
    return 0;
  case OperandClass::GRFB:
    return 1;
  case OperandClass::EvenBank:
  case OperandClass::OddBank:
    return 2;
  case OperandClass::SRFM:
    return 3;
  case OperandClass::SRFA:
    return 4;
  default:
    return std::nullopt;
  }
}

Permissions getPermissions(OperandClass source0, OperandClass source1) {
  std::optional<unsigned> kind0 = getKind(source0), kind1 = getKind(source1);
  bool twoBanks = isBank(source0) && isBank(source1) && source0 != source1;
  if (!kind0 || !kind1 || twoBanks)
    return nothing;
  return permissions[*kind0][*kind1];
}

/// Members that the form of the instruction does not have must be unset.
std::string checkForm(const Instruction &i) {
  Instruction form;
  form.opcode = i.opcode;
  if (isArithmetic(i.opcode) || isMove(i.opcode)) {
    form.destination = i.destination;
    form.source0 = i.source0;
  }
  if (isArithmetic(i.opcode)) {
    form.source1 = i.source1;
    form.autoIndex = i.autoIndex;
  }
  if (i.opcode == Opcode::Mad)
    form.source2 = i.source2;
  if (isMove(i.opcode))
    form.relu = i.relu;
  if (i.opcode == Opcode::Nop || i.opcode == Opcode::Jump)
    form.count = i.count;
  if (i.opcode == Opcode::Jump)
    form.offset = i.offset;
  if (form == i)
    return "";
  return (getName(i.opcode) + " sets a member that its form does not have")
      .str();
}

std::string checkIndex(const Instruction &i, const Operand &operand) {
  if (operand.index >= numRegisters)
    return (getName(operand.operandClass) + " has " +
            llvm::Twine(numRegisters) + " registers, got: index " +
            llvm::Twine(unsigned(operand.index)))
        .str();
  if (operand.index != 0 && !hasIndex(i, operand))
    return ("an operand " + getName(operand.operandClass) + " of this " +
            getName(i.opcode) + " has no index of its own, got: " +
            llvm::Twine(unsigned(operand.index)))
        .str();
  return "";
}

std::string checkIndices(const Instruction &i) {
  std::vector<Operand> operands = getSources(i);
  operands.push_back(i.destination);
  for (const Operand &operand : operands)
    if (std::string message = checkIndex(i, operand); !message.empty())
      return message;
  // They share a field of the instruction.
  if (i.opcode == Opcode::Mad && hasIndex(i, i.source1) &&
      i.source1.index != i.source2.index)
    return ("sources 1 and 2 of MAD have one index, got: " +
            llvm::Twine(unsigned(i.source1.index)) + " and " +
            llvm::Twine(unsigned(i.source2.index)))
        .str();
  return "";
}

std::string checkArithmetic(const Instruction &i) {
  llvm::StringRef name = getName(i.opcode);
  OperandClass destination = i.destination.operandClass;
  if (!isVectorRegister(destination))
    return (name + " writes GRF_A or GRF_B, got: " + getName(destination))
        .str();
  if (i.opcode == Opcode::Mac && destination != OperandClass::GRFB)
    return "MAC accumulates in GRF_B, got: GRF_A";
  if (i.opcode == Opcode::Mad && i.source2.operandClass != OperandClass::SRFA)
    return ("source 2 of MAD is SRF_A, got: " + getName(i.source2.operandClass))
        .str();
  OperandClass source0 = i.source0.operandClass;
  OperandClass source1 = i.source1.operandClass;
  Permission permission = getPermission(i.opcode, source0, source1);
  if (permission == Permission::Always ||
      permission == (i.autoIndex ? onlyAuto : onlyExplicit))
    return "";
  return (name + (i.autoIndex ? " with" : " without") +
          " auto-index does not take the sources " + getName(source0) +
          " and " + getName(source1) +
          ", which are taken by: " + describePermissions(source0, source1))
      .str();
}

std::string checkMove(const Instruction &i) {
  OperandClass destination = i.destination.operandClass;
  OperandClass source = i.source0.operandClass;
  // Registers reach banks by a write that triggers a NOP.
  if (!isRegister(destination))
    return (getName(i.opcode) +
            " writes a register, got: " + getName(destination))
        .str();
  if (!isRegister(source) && !isBank(source))
    return (getName(i.opcode) +
            " reads a bank or a register, got: " + getName(source))
        .str();
  return "";
}

std::string checkWidth(const char *what, uint32_t value, unsigned width) {
  if (value >> width == 0)
    return "";
  return (llvm::Twine(what) + " has " + llvm::Twine(width) +
          " bits, got: " + llvm::Twine(value))
      .str();
}

} // namespace

Permission getPermission(Opcode opcode, OperandClass source0,
                         OperandClass source1) {
  return getPermissions(source0, source1).get(opcode);
}

std::string describePermissions(OperandClass source0, OperandClass source1) {
  std::vector<std::string> names;
  for (Opcode opcode : {Opcode::Add, Opcode::Mul, Opcode::Mac, Opcode::Mad}) {
    Permission permission = getPermission(opcode, source0, source1);
    if (permission == Permission::Never)
      continue;
    names.push_back(getName(opcode).str());
    if (permission == Permission::OnlyAuto)
      names.back() += "(auto)";
    if (permission == Permission::OnlyExplicit)
      names.back() += "(explicit)";
  }
  return names.empty() ? "-" : llvm::join(names, " ");
}

std::string checkInstruction(const Instruction &instruction) {
  if (getLayout(instruction.opcode).empty())
    return ("opcode " + llvm::Twine(unsigned(instruction.opcode)) +
            " is reserved")
        .str();
  if (std::string message = checkForm(instruction); !message.empty())
    return message;
  switch (instruction.opcode) {
  case Opcode::Nop:
    return checkWidth("the count of NOP", instruction.count, repeatBits);
  case Opcode::Jump: {
    std::string message =
        checkWidth("the count of JUMP", instruction.count, jumpCountBits);
    return message.empty() ? checkWidth("the offset of JUMP",
                                        instruction.offset, jumpOffsetBits)
                           : message;
  }
  case Opcode::Exit:
    return "";
  default:
    break;
  }
  std::string message = isMove(instruction.opcode)
                            ? checkMove(instruction)
                            : checkArithmetic(instruction);
  return message.empty() ? checkIndices(instruction) : message;
}

} // namespace garam::pim
