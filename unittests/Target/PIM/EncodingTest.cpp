//===- EncodingTest.cpp - Words and text of instructions ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Encoding.h"

#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace garam::pim;

namespace {

/// Words of the same instructions that the reference decoder of the vendor's
/// public simulator, commit b464dde, reads.
struct Golden {
  const char *text;
  uint32_t word;
} goldens[] = {
    {"NOP 0", 0x00000000},
    {"NOP 7", 0x00000007},
    {"NOP 23", 0x00000017},
    {"EXIT", 0xF0000000},
    {"JUMP 7, 2", 0xE0003802},
    {"JUMP 127, 7", 0xE003F807},
    {"FILL GRF_A, EVEN_BANK", 0x98800000},
    {"FILL GRF_B, ODD_BANK", 0x9AC00000},
    {"FILL GRF_A, EVEN_BANK, relu", 0x98801000},
    {"MOV GRF_A[3], EVEN_BANK, relu", 0x88801300},
    {"ADD GRF_A, GRF_A, EVEN_BANK, auto", 0x19108000},
    {"ADD GRF_B, GRF_B, ODD_BANK, auto", 0x1B588000},
    {"MUL GRF_A, GRF_A, EVEN_BANK, auto", 0x29108000},
    {"MUL GRF_B, GRF_B, EVEN_BANK, auto", 0x2B508000},
    {"MAC GRF_B, GRF_A, EVEN_BANK, auto", 0x3B108000},
    {"MAC GRF_B, GRF_A, ODD_BANK, auto", 0x3B188000},
    {"MAD GRF_A, EVEN_BANK, SRF_M[2], SRF_A[2], auto", 0x48B78002},
    {"MAD GRF_A, GRF_A, SRF_M[1], SRF_A[1], auto", 0x49378001},
    {"ADD GRF_A[2], GRF_A[1], GRF_B[5]", 0x19280215},
};

TEST(PIMEncoding, GoldenWords) {
  for (const Golden &golden : goldens) {
    SCOPED_TRACE(golden.text);
    auto program = llvm::cantFail(assemble(golden.text, "test"));
    ASSERT_EQ(program.size(), 1u);
    EXPECT_EQ(llvm::cantFail(encode(program[0])), golden.word);
    EXPECT_EQ(getText(llvm::cantFail(decode(golden.word))), golden.text);
  }
}

/// All legal instructions with a few indices and counts.
std::vector<Instruction> getLegalInstructions() {
  std::vector<Instruction> legal;
  auto consider = [&](const Instruction &i) {
    if (checkInstruction(i).empty())
      legal.push_back(i);
  };
  for (Opcode opcode : getOpcodes()) {
    Instruction i;
    i.opcode = opcode;
    for (uint32_t count : {0u, 1u, 2047u, 131071u})
      for (uint32_t offset : {0u, 2u, 2047u}) {
        i.count = count;
        i.offset = offset;
        consider(i);
      }
    i.count = i.offset = 0;
    for (unsigned code = 0; code < 512; ++code)
      for (uint8_t index : {0, 3, 7})
        for (bool flag : {false, true}) {
          auto operand = [&](unsigned shift) {
            auto operandClass = OperandClass(code >> shift & 7);
            Operand operand{operandClass, index};
            if (!hasIndex(i, operand))
              operand.index = 0;
            return operand;
          };
          i.autoIndex = flag && isArithmetic(opcode);
          i.relu = flag && isMove(opcode);
          i.destination = operand(6);
          i.source0 = operand(3);
          i.source1 = isArithmetic(opcode) ? operand(0) : Operand();
          i.source2 = {};
          if (opcode == Opcode::Mad)
            i.source2 = {OperandClass::SRFA, index};
          consider(i);
        }
  }
  return legal;
}

TEST(PIMEncoding, LegalInstructionsComeBack) {
  std::vector<Instruction> legal = getLegalInstructions();
  EXPECT_GT(legal.size(), 500u);
  for (const Instruction &i : legal) {
    SCOPED_TRACE(getText(i));
    uint32_t word = llvm::cantFail(encode(i));
    EXPECT_EQ(llvm::cantFail(decode(word)), i);
    EXPECT_EQ(llvm::cantFail(assemble(getText(i), "test"))[0], i);
  }
}

// A bit outside of the fields is refused, but the device ignores it.
TEST(PIMEncoding, ReservedBits) {
  for (const Golden &golden : goldens) {
    SCOPED_TRACE(golden.text);
    Instruction instruction = llvm::cantFail(decode(golden.word));
    uint32_t covered = 0;
    for (const FieldLayout &field : getLayout(instruction.opcode))
      covered |= ((1u << field.width) - 1) << field.low;
    for (unsigned bit = 0; bit < 32; ++bit) {
      if (covered >> bit & 1)
        continue;
      uint32_t word = golden.word | 1u << bit;
      auto strict = decode(word);
      EXPECT_FALSE(bool(strict)) << bit;
      EXPECT_NE(llvm::toString(strict.takeError()).find("reserved"),
                std::string::npos);
      EXPECT_EQ(llvm::cantFail(decodeIgnoringReserved(word)), instruction);
    }
  }
}

TEST(PIMEncoding, ReservedBitsAreNamed) {
  auto fill = decode(0x9880000F);
  ASSERT_FALSE(bool(fill));
  EXPECT_EQ(llvm::toString(fill.takeError()),
            "0x9880000f: bits 0x0000000f of FILL are reserved and not zero");
}

TEST(PIMEncoding, ReservedOpcodes) {
  for (unsigned opcode : {5, 6, 7, 10, 11, 12, 13})
    for (auto *decoder : {decode, decodeIgnoringReserved}) {
      auto instruction = decoder(opcode << 28);
      ASSERT_FALSE(bool(instruction));
      EXPECT_NE(llvm::toString(instruction.takeError())
                    .find("opcode " + std::to_string(opcode) + " is reserved"),
                std::string::npos);
    }
}

std::string getEncodeError(const Instruction &instruction) {
  auto word = encode(instruction);
  return word ? "" : llvm::toString(word.takeError());
}

TEST(PIMEncoding, EncoderRefusesWhatAFormDoesNotHave) {
  Instruction nop;
  nop.relu = true;
  EXPECT_EQ(getEncodeError(nop),
            "NOP sets a member that its form does not have");
  nop = {};
  nop.count = 2048;
  EXPECT_EQ(getEncodeError(nop), "the count of NOP has 11 bits, got: 2048");
  Instruction jump;
  jump.opcode = Opcode::Jump;
  jump.count = 1 << 17;
  EXPECT_EQ(getEncodeError(jump), "the count of JUMP has 17 bits, got: 131072");
  jump.count = 1;
  jump.offset = 2048;
  EXPECT_EQ(getEncodeError(jump), "the offset of JUMP has 11 bits, got: 2048");
  Instruction exit;
  exit.opcode = Opcode(6);
  EXPECT_EQ(getEncodeError(exit), "opcode 6 is reserved");
}

TEST(PIMEncoding, ProgramsFillBursts) {
  auto program = llvm::cantFail(assemble("FILL GRF_A, EVEN_BANK\nEXIT", "t"));
  std::vector<uint32_t> expected(8);
  expected[0] = 0x98800000;
  expected[1] = 0xF0000000;
  EXPECT_EQ(llvm::cantFail(encode(program)), expected);

  auto tooMany = encode(std::vector<Instruction>(33));
  ASSERT_FALSE(bool(tooMany));
  EXPECT_EQ(llvm::toString(tooMany.takeError()),
            "a program has at most 32 instructions, got: 33");

  program[0].opcode = Opcode::Mac;
  auto illegal = encode(program);
  ASSERT_FALSE(bool(illegal));
  EXPECT_EQ(llvm::toString(illegal.takeError()),
            "instruction 0: MAC accumulates in GRF_B, got: GRF_A");
}

TEST(PIMEncoding, Disassembly) {
  std::string text;
  llvm::raw_string_ostream os(text);
  disassemble({0x3B108000, 0x50000000, 0xF0000000}, os);
  EXPECT_EQ(text, " 0  3b108000  MAC GRF_B, GRF_A, EVEN_BANK, auto\n"
                  " 1  50000000  ; 0x50000000: opcode 5 is reserved\n"
                  " 2  f0000000  EXIT\n");
}

TEST(PIMEncoding, AssemblerReadsCommentsAndBlankLines) {
  auto program =
      llvm::cantFail(assemble("; a program\n"
                              "\n"
                              "  MUL GRF_A ,GRF_A, ODD_BANK, auto ; x\n"
                              "EXIT",
                              "test"));
  ASSERT_EQ(program.size(), 2u);
  EXPECT_EQ(getText(program[0]), "MUL GRF_A, GRF_A, ODD_BANK, auto");
}

TEST(PIMEncoding, AssemblerErrors) {
  std::pair<const char *, const char *> cases[] = {
      {"SUB GRF_A", "k:1: 'SUB' is no opcode"},
      {"\nNOP", "k:2: NOP needs a count"},
      {"NOP x", "k:1: NOP needs a count in decimal, got: 'x'"},
      {"JUMP 1", "k:1: JUMP needs an offset"},
      {"EXIT 1", "k:1: '1' is one argument of EXIT too many"},
      {"MOV GRF_A[1]", "k:1: MOV needs more operands, got: 1"},
      {"MOV GRF_C[1], EVEN_BANK", "k:1: 'GRF_C[1]' is no operand"},
      {"MOV GRF_A, EVEN_BANK", "k:1: 'GRF_A' of this MOV needs an index"},
      {"MOV GRF_A[x], EVEN_BANK",
       "k:1: the index of 'GRF_A[x]' is no number in brackets"},
      {"FILL GRF_A[0], EVEN_BANK",
       "k:1: 'GRF_A[0]' of this FILL has no index of its own"},
      {"MOV GRF_A[8], EVEN_BANK", "k:1: GRF_A has 8 registers, got: index 8"},
      {"MOV EVEN_BANK, GRF_A[0]", "k:1: MOV writes a register, got: EVEN_BANK"},
      {"FILL GRF_A, EVEN_BANK, auto",
       "k:1: 'auto' is one argument of FILL too many"},
  };
  for (auto [text, message] : cases) {
    auto program = assemble(text, "k");
    ASSERT_FALSE(bool(program)) << text;
    EXPECT_EQ(llvm::toString(program.takeError()), message);
  }
}

} // namespace
