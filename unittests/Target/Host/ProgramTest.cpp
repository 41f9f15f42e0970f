//===- ProgramTest.cpp - Encoded programs of the host ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Program.h"

#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::host;

namespace {

Program makeProgram() {
  Program program;
  program.processor = "x86-64-v3";
  program.features = {"avx2", "fma"};
  program.segments = {{MemoryRole::Constant, 640, "constants"},
                      {MemoryRole::Input, 64, "x"},
                      {MemoryRole::Output, 32, "y"},
                      {MemoryRole::Scratch, 128, "scratch"}};
  program.kernels = {{1, 0}, {16, 4160}};
  program.steps = {
      {1, {10, 2, 3, 40, 50}, {{1, 0, 64, false}, {3, 64, 64, true}}},
      {0, {}, {{0, 576, 64, false}, {2, 0, 32, true}}}};
  program.object = {1, 2, 3, 4, 5};
  return program;
}

std::string getRuleError(const Program &program) {
  return llvm::toString(verify(program));
}

std::string getError(llvm::ArrayRef<uint8_t> bytes) {
  llvm::Expected<Program> program = decode(bytes);
  return program ? "" : llvm::toString(program.takeError());
}

TEST(HostProgram, ComesBackAsItWas) {
  Program program = makeProgram();
  llvm::Expected<std::vector<uint8_t>> bytes = encode(program);
  ASSERT_TRUE(static_cast<bool>(bytes));
  llvm::Expected<Program> read = decode(*bytes);
  ASSERT_TRUE(static_cast<bool>(read));
  EXPECT_EQ(read->processor, program.processor);
  EXPECT_EQ(read->features, program.features);
  EXPECT_EQ(read->segments, program.segments);
  EXPECT_EQ(read->kernels, program.kernels);
  EXPECT_EQ(read->steps, program.steps);
  EXPECT_EQ(read->object, program.object);
}

TEST(HostProgram, IsPrintedStepByStep) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(makeProgram(), os);
  EXPECT_NE(text.find("processor x86-64-v3\nfeatures avx2 fma\n"),
            std::string::npos);
  EXPECT_NE(text.find("garam_kernel_1: parts 16 workspace 4160\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("step 0: garam_kernel_1(read 1[0 +64], write 3[64 +64]) "
                      "operations 10 functions 2 macs 3 read 40 written 50\n"),
            std::string::npos)
      << text;
}

TEST(HostProgram, RulesAreChecked) {
  Program program = makeProgram();
  program.steps[0].kernel = 2;
  EXPECT_EQ(getRuleError(program), "step 0 calls kernel 2 of 2");
  program = makeProgram();
  program.kernels[1].parts = 0;
  EXPECT_EQ(getRuleError(program), "kernel 1 has no parts");
  program = makeProgram();
  program.steps[1].arguments[0].segment = 4;
  EXPECT_EQ(getRuleError(program), "step 1 uses segment 4 of 4");
  program = makeProgram();
  program.steps[1].arguments[0].offset = 577;
  EXPECT_EQ(getRuleError(program), "step 1 uses 64 bytes at 577 of segment "
                                   "'constants', which has 640");
  program.steps[1].arguments[0].offset = ~uint64_t(0);
  EXPECT_NE(getRuleError(program), "");
  program = makeProgram();
  program.steps[1].arguments[0].isWritten = true;
  EXPECT_EQ(getRuleError(program),
            "step 1 writes segment 'constants', which is "
            "only to be read");
}

TEST(HostProgram, DamagedBytesAreErrors) {
  std::vector<uint8_t> whole = *encode(makeProgram());
  EXPECT_NE(getError({}), "");
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(getError(llvm::ArrayRef(whole).take_front(length)), "") << length;

  std::vector<uint8_t> bytes = whole;
  bytes[0] ^= 1;
  EXPECT_EQ(getError(bytes), "byte 4: field 'magic' is " +
                                 std::to_string(0x54534847 ^ 1) +
                                 ", but this version of Garam needs " +
                                 std::to_string(0x54534847));
  bytes = whole;
  bytes[4] = 9;
  EXPECT_EQ(
      getError(bytes),
      "byte 6: field 'major_version' is 9, but this version of Garam needs "
      "2");
  bytes = whole;
  bytes.push_back(0);
  EXPECT_NE(getError(bytes).find("1 bytes are left"), std::string::npos);
  bytes = whole;
  bytes[11] = 0xff; // more characters than there are bytes
  EXPECT_EQ(getError(bytes),
            "byte 12: ends before the end of field 'processor'");
}

// A flipped bit gives an error or a program that obeys the rules, whose
// encoding is what was read.
TEST(HostProgram, FlippedBitsAreHarmless) {
  std::vector<uint8_t> whole = *encode(makeProgram());
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::vector<uint8_t> bytes = whole;
    bytes[bit / 8] ^= 1 << (bit % 8);
    llvm::Expected<Program> program = decode(bytes);
    if (!program) {
      std::string text = llvm::toString(program.takeError());
      EXPECT_FALSE(text.empty());
      continue;
    }
    EXPECT_FALSE(static_cast<bool>(verify(*program)));
  }
}

TEST(HostProgram, EnumeratorsAreChecked) {
  Program program = makeProgram();
  program.processor = "";
  program.features = {};
  std::vector<uint8_t> bytes = *encode(program);
  constexpr size_t firstRole = 20; // behind magic, version and three counts
  std::vector<uint8_t> damaged = bytes;
  damaged[firstRole] = 6;
  EXPECT_NE(getError(damaged).find("byte 21: field 'role' is 6, not below 6"),
            std::string::npos);
  constexpr size_t fromEnd = 5 + 8 + 1; // object, its size, the last flag
  damaged = bytes;
  damaged[bytes.size() - fromEnd] = 2;
  EXPECT_NE(getError(damaged).find("field 'is_written' is 2, not below 2"),
            std::string::npos);
}

} // namespace
