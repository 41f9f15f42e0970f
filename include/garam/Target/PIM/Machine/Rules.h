//===- Rules.h - Which HBM-PIM programs are legal ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The rules are those that the vendor's kernel generator (PIMLibrary) keeps,
// restated in docs/isa/pim.md.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_RULES_H
#define GARAM_TARGET_PIM_MACHINE_RULES_H

#include "garam/Target/PIM/Machine/ISA.h"

#include <string>

namespace garam::pim {

/// What executes a program. The simulator has no pipeline; silicon needs NOPs
/// where an instruction depends on one shortly before it.
enum class Profile : uint8_t { Simulator, Silicon };

/// When an opcode takes a pair of sources.
enum class Permission : uint8_t { Never, Always, OnlyAuto, OnlyExplicit };

/// Whether arithmetic `opcode` takes sources of these classes.
Permission getPermission(Opcode opcode, OperandClass source0,
                         OperandClass source1);
/// All that take them, as in docs/isa/pim.md: "ADD MUL MAC(auto)"; "-" for
/// none.
std::string describePermissions(OperandClass source0, OperandClass source1);

/// What is wrong with the members of `instruction`; empty when it is legal.
std::string checkInstruction(const Instruction &instruction);

/// What a finding is about.
enum class Rule : uint8_t {
  Operands,   // of one instruction
  Length,     // of the program
  Exit,       // the last instruction and no other
  Begin,      // no NOP
  Jump,       // count and target
  Nesting,    // of jumps
  Neighbours, // of NOP and JUMP; published kernels break it
  Hazard,     // a result that is read too soon
};
constexpr unsigned numRules = 8;
/// "operands", "length", "the end", ...: continues "the rule of".
llvm::StringRef getName(Rule rule);

enum class Severity : uint8_t { Warning, Error };
struct Finding {
  Severity severity = Severity::Error;
  Rule rule = Rule::Operands;
  unsigned instruction = 0; // its place in the program
  std::string message;
};

/// Checks a program that ends in EXIT, without the NOPs that fill the register
/// file after it, in order of its instructions. Warnings are rules that
/// published kernels break, and, with Profile::Silicon, NOPs that are missing
/// between an instruction and one that reads its result.
std::vector<Finding> checkProgram(llvm::ArrayRef<Instruction> program,
                                  Profile profile);

/// Triggers that must lie between an instruction and one that depends on it
/// and does or does not read registers. 0 without a pipeline and for opcodes
/// that write no register.
unsigned getHazardNops(Profile profile, Opcode producer,
                       bool consumerReadsRegisters);

/// The count of the NOP whose last 8 triggers store the vector registers that
/// `producer` (auto-indexed) has written: the triggers before them drain the
/// pipeline.
unsigned getStoreNopCount(Profile profile, Opcode producer);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_RULES_H
