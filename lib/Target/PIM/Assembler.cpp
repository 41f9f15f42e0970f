//===- Assembler.cpp - Text to HBM-PIM instructions -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Errors.h"
#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/StringExtras.h"

namespace garam::pim {

namespace {

/// Reads the line of one instruction.
class LineParser {
public:
  explicit LineParser(llvm::StringRef line) {
    auto [name, rest] = line.split(' ');
    mnemonic = name;
    rest = rest.trim();
    if (!rest.empty())
      rest.split(arguments, ',');
    for (llvm::StringRef &argument : arguments)
      argument = argument.trim();
  }

  llvm::Expected<Instruction> parse();

private:
  llvm::Error parseNumber(uint32_t &value, const char *what);
  llvm::Error parseOperand(Operand &operand);
  /// Whether the last argument is `flag`, which is then taken away.
  bool takeFlag(llvm::StringRef flag);
  llvm::Error parseOperands();

  llvm::StringRef mnemonic;
  llvm::SmallVector<llvm::StringRef> arguments;
  size_t next = 0;
  Instruction instruction;
};

llvm::Error LineParser::parseNumber(uint32_t &value, const char *what) {
  if (next == arguments.size())
    return llvm::createStringError(mnemonic.str() + " needs " + what);
  llvm::StringRef text = arguments[next++];
  if (text.getAsInteger(10, value))
    return llvm::createStringError(mnemonic.str() + " needs " + what +
                                   " in decimal, got: '" + text.str() + "'");
  return llvm::Error::success();
}

llvm::Error LineParser::parseOperand(Operand &operand) {
  if (next == arguments.size())
    return llvm::createStringError(
        mnemonic.str() + " needs more operands, got: " + std::to_string(next));
  llvm::StringRef text = arguments[next++];
  auto [name, index] = text.split('[');
  std::optional<OperandClass> operandClass = findOperandClass(name);
  if (!operandClass)
    return llvm::createStringError("'" + text.str() + "' is no operand");
  operand.operandClass = *operandClass;
  bool hasBrackets = name.size() != text.size();
  if (hasBrackets != hasIndex(instruction, operand))
    return llvm::createStringError(
        "'" + text.str() + "' of this " + mnemonic.str() +
        (hasBrackets ? " has no index of its own" : " needs an index"));
  if (hasBrackets &&
      (!index.consume_back("]") || index.getAsInteger(10, operand.index)))
    return llvm::createStringError("the index of '" + text.str() +
                                   "' is no number in brackets");
  return llvm::Error::success();
}

bool LineParser::takeFlag(llvm::StringRef flag) {
  if (arguments.empty() || arguments.back() != flag)
    return false;
  arguments.pop_back();
  return true;
}

llvm::Error LineParser::parseOperands() {
  if (isArithmetic(instruction.opcode))
    instruction.autoIndex = takeFlag("auto");
  else
    instruction.relu = takeFlag("relu");
  std::vector<Operand *> operands = {&instruction.destination,
                                     &instruction.source0};
  if (isArithmetic(instruction.opcode))
    operands.push_back(&instruction.source1);
  if (instruction.opcode == Opcode::Mad)
    operands.push_back(&instruction.source2);
  for (Operand *operand : operands)
    if (llvm::Error error = parseOperand(*operand))
      return error;
  return llvm::Error::success();
}

llvm::Expected<Instruction> LineParser::parse() {
  std::optional<Opcode> opcode = findOpcode(mnemonic);
  if (!opcode)
    return llvm::createStringError("'" + mnemonic.str() + "' is no opcode");
  instruction.opcode = *opcode;
  if (*opcode == Opcode::Nop || *opcode == Opcode::Jump) {
    if (llvm::Error error = parseNumber(instruction.count, "a count"))
      return error;
    if (*opcode == Opcode::Jump)
      if (llvm::Error error = parseNumber(instruction.offset, "an offset"))
        return error;
  } else if (*opcode != Opcode::Exit) {
    if (llvm::Error error = parseOperands())
      return error;
  }
  if (next != arguments.size())
    return llvm::createStringError("'" + arguments[next].str() +
                                   "' is one argument of " + mnemonic.str() +
                                   " too many");
  if (std::string message = checkInstruction(instruction); !message.empty())
    return llvm::createStringError(message);
  return instruction;
}

} // namespace

llvm::Expected<std::vector<Instruction>> assemble(llvm::StringRef text,
                                                  llvm::StringRef name) {
  std::vector<Instruction> program;
  for (unsigned number = 1; !text.empty(); ++number) {
    auto [line, rest] = text.split('\n');
    text = rest;
    line = line.split(';').first.trim();
    if (line.empty())
      continue;
    llvm::Expected<Instruction> instruction = LineParser(line).parse();
    if (!instruction)
      return makeUserError(ExitCode::Usage,
                           name + ":" + llvm::Twine(number) + ": " +
                               llvm::toString(instruction.takeError()));
    program.push_back(*instruction);
  }
  return program;
}

} // namespace garam::pim
