//===- RulesTest.cpp - Which programs are legal ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Rules.h"

#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace garam::pim;

namespace {

Instruction makeArithmetic(Opcode opcode, OperandClass destination,
                           OperandClass source0, OperandClass source1,
                           bool autoIndex) {
  Instruction i;
  i.opcode = opcode;
  i.destination.operandClass = destination;
  i.source0.operandClass = source0;
  i.source1.operandClass = source1;
  if (opcode == Opcode::Mad)
    i.source2.operandClass = OperandClass::SRFA;
  i.autoIndex = autoIndex;
  return i;
}

TEST(PIMRules, OperandMessages) {
  using C = OperandClass;
  EXPECT_EQ(checkInstruction(makeArithmetic(Opcode::Add, C::EvenBank, C::GRFA,
                                            C::EvenBank, true)),
            "ADD writes GRF_A or GRF_B, got: EVEN_BANK");
  EXPECT_EQ(checkInstruction(makeArithmetic(Opcode::Mac, C::GRFA, C::GRFA,
                                            C::EvenBank, true)),
            "MAC accumulates in GRF_B, got: GRF_A");
  EXPECT_EQ(checkInstruction(
                makeArithmetic(Opcode::Mac, C::GRFB, C::GRFA, C::GRFB, false)),
            "MAC without auto-index does not take the sources GRF_A and GRF_B, "
            "which are taken by: ADD MUL MAC(auto) MAD");
  EXPECT_EQ(checkInstruction(makeArithmetic(Opcode::Mad, C::GRFA, C::EvenBank,
                                            C::EvenBank, true)),
            "MAD with auto-index does not take the sources EVEN_BANK and "
            "EVEN_BANK, which are taken by: ADD MUL MAC MAD(explicit)");
  EXPECT_EQ(checkInstruction(makeArithmetic(Opcode::Add, C::GRFA, C::EvenBank,
                                            C::OddBank, true)),
            "ADD with auto-index does not take the sources EVEN_BANK and "
            "ODD_BANK, which are taken by: -");
  Instruction mad =
      makeArithmetic(Opcode::Mad, C::GRFA, C::EvenBank, C::SRFM, true);
  mad.source2.operandClass = C::GRFA;
  EXPECT_EQ(checkInstruction(mad), "source 2 of MAD is SRF_A, got: GRF_A");
  mad.source2 = {C::SRFA, 2};
  mad.source1.index = 1;
  EXPECT_EQ(checkInstruction(mad),
            "sources 1 and 2 of MAD have one index, got: 1 and 2");
  Instruction add =
      makeArithmetic(Opcode::Add, C::GRFA, C::GRFA, C::EvenBank, true);
  add.source0.index = 1;
  EXPECT_EQ(checkInstruction(add),
            "an operand GRF_A of this ADD has no index of its own, got: 1");
  Instruction mov;
  mov.opcode = Opcode::Mov;
  mov.destination.operandClass = C::GRFA;
  mov.source0.operandClass = C::MOut;
  EXPECT_EQ(checkInstruction(mov),
            "MOV reads a bank or a register, got: M_OUT");
}

/// "E 1: message" for an error at instruction 1, "W" for a warning.
std::vector<std::string> check(const std::string &assembly,
                               Profile profile = Profile::Simulator) {
  std::vector<std::string> lines;
  auto program = llvm::cantFail(assemble(assembly, "test"));
  for (const Finding &finding : checkProgram(program, profile))
    lines.push_back((finding.severity == Severity::Error ? "E " : "W ") +
                    std::to_string(finding.instruction) + ": " +
                    finding.message);
  return lines;
}

using Lines = std::vector<std::string>;

// The vendor's own programs: warnings at most.
TEST(PIMRules, PublishedPrograms) {
  EXPECT_EQ(check("MAC GRF_B, GRF_A, EVEN_BANK, auto\nJUMP 7, 2\n"
                  "MAC GRF_B, GRF_A, ODD_BANK, auto\nJUMP 7, 2\nNOP 7\nEXIT"),
            Lines({"W 4: a NOP follows a JUMP"}));
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK, relu\nNOP 7\n"
                  "FILL GRF_B, ODD_BANK, relu\nNOP 7\nJUMP 3, 5\nEXIT"),
            Lines({"W 4: a JUMP follows a NOP of several triggers"}));
}

TEST(PIMRules, EndsOfPrograms) {
  EXPECT_EQ(check(""), Lines({"E 0: a program ends with EXIT"}));
  EXPECT_EQ(check("NOP 0\nEXIT"),
            Lines({"E 0: a program does not begin with NOP"}));
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nEXIT\nEXIT"),
            Lines({"E 1: EXIT comes before the end of the program"}));
  std::string longProgram;
  for (unsigned i = 0; i < 32; ++i)
    longProgram += "FILL GRF_A, EVEN_BANK\n";
  EXPECT_EQ(check(longProgram + "EXIT"),
            Lines({"E 32: a program has at most 32 instructions, got: 33"}));
}

TEST(PIMRules, IllegalInstructionsOfPrograms) {
  Instruction mac;
  mac.opcode = Opcode::Mac;
  Instruction exit;
  exit.opcode = Opcode::Exit;
  auto findings = checkProgram({mac, exit}, Profile::Simulator);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message, "MAC writes GRF_A or GRF_B, got: A_OUT");
}

TEST(PIMRules, Jumps) {
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nJUMP 0, 2\nEXIT"),
            Lines({"E 1: JUMP is taken at least once, got: count 0"}));
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nJUMP 1, 3\nEXIT"),
            Lines({"E 1: JUMP leads to an earlier instruction; an offset from "
                   "2 to 2 does here, got: 3"}));
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nNOP 7\nFILL GRF_B, ODD_BANK\n"
                  "JUMP 1, 3\nEXIT"),
            Lines({"E 3: JUMP does not lead to a NOP or a JUMP, got: NOP at "
                   "1"}));
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nJUMP 1, 2\nFILL GRF_B, ODD_BANK\n"
                  "JUMP 1, 4\nEXIT"),
            Lines({"E 3: jumps do not nest: the JUMP at 1 is in the body of "
                   "this one"}));
}

TEST(PIMRules, NeighboursOfNops) {
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nNOP 7\nNOP 1\nEXIT"),
            Lines({"W 2: a NOP of several triggers follows another one"}));
}

// Walks of 8 registers hide the pipeline; single instructions do not.
TEST(PIMRules, HazardsOnSilicon) {
  EXPECT_EQ(check("FILL GRF_A, EVEN_BANK\nADD GRF_A, GRF_A, EVEN_BANK, auto\n"
                  "EXIT",
                  Profile::Silicon),
            Lines());
  const std::string dependent = "ADD GRF_A[1], GRF_A[0], EVEN_BANK\n";
  EXPECT_EQ(check(dependent + "MUL GRF_B[0], GRF_A[1], EVEN_BANK\nEXIT",
                  Profile::Silicon),
            Lines({"W 1: MUL reads what ADD at 0 writes, which takes 2 "
                   "triggers between them, got: 0"}));
  EXPECT_EQ(check(dependent + "NOP 1\nMUL GRF_B[0], GRF_A[1], EVEN_BANK\nEXIT",
                  Profile::Silicon),
            Lines());
  EXPECT_EQ(check(dependent + "MUL GRF_B[0], GRF_A[2], EVEN_BANK\nEXIT",
                  Profile::Silicon),
            Lines());
  EXPECT_EQ(check(dependent + "MUL GRF_B[0], GRF_A[1], EVEN_BANK\nEXIT"),
            Lines());
  // MAC's walk of GRF_A is in another order than the walk before it.
  EXPECT_EQ(check("ADD GRF_A, GRF_A, EVEN_BANK, auto\n"
                  "MAC GRF_B, GRF_A, EVEN_BANK, auto\nEXIT",
                  Profile::Silicon),
            Lines({"W 1: MAC reads what ADD at 0 writes, which takes 2 "
                   "triggers between them, got: 0"}));
  // A write to SRF_M replaces SRF_A too.
  EXPECT_EQ(check("MOV SRF_M[0], EVEN_BANK\n"
                  "ADD GRF_A[0], GRF_A[0], SRF_A[1]\nEXIT",
                  Profile::Silicon),
            Lines({"W 1: ADD reads what MOV at 0 writes, which takes 1 "
                   "triggers between them, got: 0"}));
}

TEST(PIMRules, HazardNops) {
  Opcode producers[] = {Opcode::Add, Opcode::Mul,  Opcode::Mac, Opcode::Mad,
                        Opcode::Mov, Opcode::Fill, Opcode::Nop};
  unsigned reading[] = {2, 2, 3, 3, 1, 1, 0};
  unsigned other[] = {1, 1, 3, 3, 0, 0, 0};
  for (auto [producer, r, o] : llvm::zip_equal(producers, reading, other)) {
    EXPECT_EQ(getHazardNops(Profile::Silicon, producer, true), r);
    EXPECT_EQ(getHazardNops(Profile::Silicon, producer, false), o);
    EXPECT_EQ(getHazardNops(Profile::Simulator, producer, true), 0u);
  }
}

TEST(PIMRules, StoreNops) {
  EXPECT_EQ(getStoreNopCount(Profile::Simulator, Opcode::Mac), 7u);
  EXPECT_EQ(getStoreNopCount(Profile::Silicon, Opcode::Mac), 23u);
  EXPECT_EQ(getStoreNopCount(Profile::Simulator, Opcode::Fill), 7u);
  EXPECT_EQ(getStoreNopCount(Profile::Silicon, Opcode::Fill), 15u);
}

} // namespace
