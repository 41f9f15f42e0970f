//===- EncodingTest.cpp - Binary form and text of analog programs ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"
#include "SmallProgram.h"
#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::analog;

namespace {

std::string getText(const Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  disassemble(program, os);
  return text;
}

/// The message for bytes that are no program.
std::string getError(llvm::ArrayRef<uint8_t> bytes) {
  llvm::Expected<Program> program = decode(bytes);
  return program ? "" : llvm::toString(program.takeError());
}

std::vector<uint8_t> withWord(size_t number, uint32_t value) {
  std::vector<uint8_t> bytes = encode(makeSmallProgram());
  llvm::support::endian::write32le(bytes.data() + 4 * number, value);
  return bytes;
}

TEST(AnalogEncoding, DecodesWhatItEncodes) {
  Program program = makeSmallProgram();
  std::vector<uint8_t> bytes = encode(program);
  llvm::Expected<Program> decoded = decode(bytes);
  ASSERT_TRUE(bool(decoded)) << llvm::toString(decoded.takeError());
  EXPECT_EQ(encode(*decoded), bytes);
  EXPECT_EQ(getText(*decoded), getText(program));
  EXPECT_EQ(decoded->segments, program.segments);
}

// The words of docs/isa/analog.md, at the beginning of the small program.
TEST(AnalogEncoding, FirstWords) {
  std::vector<uint8_t> bytes = encode(makeSmallProgram());
  auto word = [&](size_t number) {
    return llvm::support::endian::read32le(bytes.data() + 4 * number);
  };
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 4), "GNAN");
  EXPECT_EQ(word(1), 1u);  // version
  EXPECT_EQ(word(2), 3u);  // segments
  EXPECT_EQ(word(3), 0u);  // the role of the first: constant
  EXPECT_EQ(word(4), 40u); // its size, low word
  EXPECT_EQ(word(5), 0u);
  EXPECT_EQ(word(6), 7u); // bytes of its name, "weights"
  EXPECT_EQ(bytes[4 * 8 + 3], 0u);
}

TEST(AnalogEncoding, Messages) {
  EXPECT_EQ(getError({}), "byte 0: ends before the end of field 'magic'");
  EXPECT_EQ(getError(withWord(0, 0)),
            "byte 4: field 'magic' is 0, but this version of Garam needs " +
                std::to_string(0x4E414E47));
  EXPECT_EQ(getError(withWord(1, 2)),
            "byte 8: field 'version' is 2, but this version of Garam needs 1");
  EXPECT_EQ(getError(withWord(3, numMemoryRoles)),
            "byte 16: field 'role' is 6, not below 6");
  EXPECT_EQ(getError(withWord(6, ~0u)),
            "byte 28: ends before the end of field 'name'");
  EXPECT_EQ(getError(withWord(8, ~0u)),
            "byte 36: field 'name' is not padded with zeros");
  // Behind the name of a segment bytes are counted on.
  EXPECT_EQ(getError(withWord(9, numMemoryRoles)),
            "byte 40: field 'role' is 6, not below 6");
  std::vector<uint8_t> bytes = encode(makeSmallProgram());
  std::string end = std::to_string(bytes.size());
  bytes.resize(bytes.size() + 4);
  EXPECT_EQ(getError(bytes), "byte " + end + ": 4 bytes are left");
}

// A flag and an alternative lie behind lists of any length: found by trying
// every word.
TEST(AnalogEncoding, FlagsAndAlternatives) {
  std::string messages;
  size_t words = encode(makeSmallProgram()).size() / 4;
  for (size_t word = 0; word < words; ++word)
    messages += getError(withWord(word, 0x7fffffff)) + "\n";
  EXPECT_NE(messages.find("field 'biases' is 2147483647, not below 2"),
            std::string::npos);
  EXPECT_NE(messages.find("field 'command' is 2147483647, not below 5"),
            std::string::npos);
}

// No damage of a program leads to more than a message, also where it still
// decodes: the checker then decides.
TEST(AnalogEncoding, DamagedProgramsNeverCrash) {
  std::mt19937 random(1);
  std::vector<uint8_t> original = encode(makeSmallProgram());
  MachineDescription machine = readHermes();
  unsigned decoded = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes = original;
    for (unsigned change = 0; change <= random() % 3; ++change)
      bytes[random() % bytes.size()] ^= 1 << random() % 8;
    if (round % 16 == 0)
      bytes.resize(random() % bytes.size());
    llvm::Expected<Program> program = decode(bytes);
    if (!program) {
      llvm::consumeError(program.takeError());
      continue;
    }
    ++decoded;
    llvm::consumeError(checkProgram(*program, machine));
    getText(*program);
  }
  EXPECT_GT(decoded, 1000u);
}

TEST(AnalogEncoding, Text) {
  std::string text = getText(makeSmallProgram());
  EXPECT_EQ(text, R"(segment 0: constant 40 bytes 'weights'
segment 1: input 24 bytes 'input'
segment 2: output 16 bytes 'output'
programming
layer 0: vectors [2] rows [3] columns [2]
  input @1+0x0 [2x3] (0+v0, 0+i0)
  dac scale 1 from -127 to 127
  tile 0: core 5 rows 0..2 columns 0..2 levels 0x20 steps 0x10
  tile 1: core 9 rows 2..3 columns 0..2 levels 0x24 steps 0x18
  scales 0x0 biases 0x8 within -inf, inf
  output @2+0x0 [2x2] (0+v0, 0+i0)
inference
queue 0: digital unit
  0: quantize layer 0 vectors 0..2 to 0x0
  1: signal queue 1 s0, 1
  2: signal queue 2 s0, 1
  3: wait s0, 2
  4: accumulate layer 0 vectors 0..2 from 0x6
queue 1: core 5
  0: wait s0, 1
  1: read layer 0 tile 0 vectors 2 phases 4 from 0x0 to 0x6
  2: signal queue 0 s0, 1
queue 2: core 9
  0: wait s0, 1
  1: read layer 0 tile 1 vectors 2 phases 4 from 0x0 to 0xa
  2: signal queue 0 s0, 1
)");
}

} // namespace
