//===- ProgramRules.cpp - Which sequences of instructions are legal -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>

namespace garam::pim {

namespace {

bool isMultiCycleNop(const Instruction &i) {
  return i.opcode == Opcode::Nop && i.count > 0;
}

class ProgramCheck {
public:
  ProgramCheck(llvm::ArrayRef<Instruction> program, Profile profile)
      : program(program), profile(profile) {}

  std::vector<Finding> run();

private:
  void error(Rule rule, unsigned place, const llvm::Twine &message) {
    findings.push_back({Severity::Error, rule, place, message.str()});
  }
  void warn(Rule rule, unsigned place, const llvm::Twine &message) {
    findings.push_back({Severity::Warning, rule, place, message.str()});
  }

  void checkEnd();
  void checkJump(unsigned place);
  void checkNeighbours(unsigned place);
  void checkHazards(unsigned place);

  llvm::ArrayRef<Instruction> program;
  Profile profile;
  std::vector<Finding> findings;
};

std::vector<Finding> ProgramCheck::run() {
  checkEnd();
  for (auto [place, instruction] : llvm::enumerate(program)) {
    std::string message = checkInstruction(instruction);
    if (!message.empty()) {
      error(Rule::Operands, place, message);
      continue;
    }
    if (instruction.opcode == Opcode::Jump)
      checkJump(place);
    if (place > 0)
      checkNeighbours(place);
    if (profile == Profile::Silicon)
      checkHazards(place);
  }
  return std::move(findings);
}

void ProgramCheck::checkEnd() {
  if (program.size() > maxInstructions)
    error(Rule::Length, maxInstructions,
          "a program has at most " + llvm::Twine(maxInstructions) +
              " instructions, got: " + llvm::Twine(program.size()));
  if (program.empty() || program.back().opcode != Opcode::Exit)
    error(Rule::Exit, program.empty() ? 0 : program.size() - 1,
          "a program ends with EXIT");
  // Nothing behind an EXIT runs.
  for (unsigned place = 0; place + 1 < program.size(); ++place)
    if (program[place].opcode == Opcode::Exit)
      error(Rule::Exit, place, "EXIT comes before the end of the program");
  if (!program.empty() && program.front().opcode == Opcode::Nop)
    error(Rule::Begin, 0, "a program does not begin with NOP");
}

void ProgramCheck::checkJump(unsigned place) {
  const Instruction &jump = program[place];
  if (jump.count == 0)
    error(Rule::Jump, place, "JUMP is taken at least once, got: count 0");
  if (jump.offset < 2 || jump.offset > place + 1) {
    error(Rule::Jump, place,
          "JUMP leads to an earlier instruction; an offset from 2 to " +
              llvm::Twine(place + 1) +
              " does here, got: " + llvm::Twine(jump.offset));
    return;
  }
  unsigned target = place + 1 - jump.offset;
  Opcode opcode = program[target].opcode;
  if (opcode == Opcode::Nop || opcode == Opcode::Jump)
    error(Rule::Jump, place,
          "JUMP does not lead to a NOP or a JUMP, got: " + getName(opcode) +
              " at " + llvm::Twine(target));
  // There is one counter: the inner jump would start the outer one anew.
  for (unsigned inner = target; inner < place; ++inner)
    if (program[inner].opcode == Opcode::Jump)
      error(Rule::Nesting, place,
            "jumps do not nest: the JUMP at " + llvm::Twine(inner) +
                " is in the body of this one");
}

void ProgramCheck::checkNeighbours(unsigned place) {
  const Instruction &before = program[place - 1], &here = program[place];
  if (before.opcode == Opcode::Jump && here.opcode == Opcode::Nop)
    warn(Rule::Neighbours, place, "a NOP follows a JUMP");
  if (isMultiCycleNop(before) && here.opcode == Opcode::Jump)
    warn(Rule::Neighbours, place, "a JUMP follows a NOP of several triggers");
  if (isMultiCycleNop(before) && isMultiCycleNop(here))
    warn(Rule::Neighbours, place,
         "a NOP of several triggers follows another one");
}

/// Whether `reader` reads a register that `writer` writes.
bool readsResult(const Instruction &writer, const Instruction &reader) {
  std::vector<Operand> sources = getSources(reader);
  if (reader.opcode == Opcode::Mac)
    sources.push_back(reader.destination);
  return llvm::any_of(sources, [&](const Operand &source) {
    OperandClass written = writer.destination.operandClass;
    // A write to either scalar file replaces both.
    if (isScalarRegister(written))
      return isScalarRegister(source.operandClass);
    if (source.operandClass != written)
      return false;
    return !hasIndex(writer, writer.destination) || !hasIndex(reader, source) ||
           source.index == writer.destination.index;
  });
}

/// Triggers between the write of a register and its read when `reader` follows
/// `writer` at once. Two walks in the same order stay 8 triggers apart; for
/// other pairs the host's order of columns is not known.
unsigned getOwnDistance(const Instruction &writer, const Instruction &reader) {
  bool readsInOrder = !llvm::any_of(getSources(reader), [&](const Operand &s) {
    return reader.opcode == Opcode::Mac &&
           s.operandClass == OperandClass::GRFA &&
           s.operandClass == writer.destination.operandClass;
  });
  bool walksTogether = isAutoIndexed(writer) && isAutoIndexed(reader) &&
                       isVectorRegister(writer.destination.operandClass) &&
                       readsInOrder;
  return walksTogether ? autoIndexRepeats - 1 : 0;
}

void ProgramCheck::checkHazards(unsigned place) {
  const Instruction &writer = program[place];
  if (!isArithmetic(writer.opcode) && !isMove(writer.opcode))
    return;
  unsigned needed = getHazardNops(profile, writer.opcode,
                                  /*consumerReadsRegisters=*/true);
  unsigned between = 0;
  for (unsigned next = place + 1; next < program.size(); ++next) {
    const Instruction &reader = program[next];
    // What comes after a jump is known only on the host's side.
    if (between >= needed || reader.opcode == Opcode::Jump)
      return;
    unsigned distance = between + getOwnDistance(writer, reader);
    if (readsResult(writer, reader) && distance < needed)
      warn(Rule::Hazard, next,
           getName(reader.opcode) + " reads what " + getName(writer.opcode) +
               " at " + llvm::Twine(place) + " writes, which takes " +
               llvm::Twine(needed) +
               " triggers between them, got: " + llvm::Twine(distance));
    between += getTriggers(reader);
  }
}

} // namespace

llvm::StringRef getName(Rule rule) {
  constexpr llvm::StringLiteral names[numRules] = {
      "operands", "length",       "the end",    "the beginning",
      "jumps",    "nested jumps", "neighbours", "hazards"};
  return names[static_cast<unsigned>(rule)];
}

std::vector<Finding> checkProgram(llvm::ArrayRef<Instruction> program,
                                  Profile profile) {
  return ProgramCheck(program, profile).run();
}

unsigned getHazardNops(Profile profile, Opcode producer,
                       bool consumerReadsRegisters) {
  if (profile == Profile::Simulator)
    return 0;
  switch (producer) {
  case Opcode::Add:
  case Opcode::Mul:
    return consumerReadsRegisters ? 2 : 1;
  case Opcode::Mac:
  case Opcode::Mad:
    // No figure is published for a consumer that reads no register.
    return 3;
  case Opcode::Mov:
  case Opcode::Fill:
    return consumerReadsRegisters ? 1 : 0;
  default:
    return 0;
  }
}

unsigned getStoreNopCount(Profile profile, Opcode producer) {
  // The published silicon kernels drain arithmetic for two walks of the
  // registers and moves for one.
  unsigned drained = 0;
  if (profile == Profile::Silicon && isArithmetic(producer))
    drained = 2 * autoIndexRepeats;
  if (profile == Profile::Silicon && isMove(producer))
    drained = autoIndexRepeats;
  return drained + autoIndexRepeats - 1;
}

} // namespace garam::pim
