//===- ResidentTest.cpp - What the set-up leaves for runs -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"
#include "garam/Target/NPU/Device.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType u8 = ElementType::U8;

void expectPart(const std::string &message, const std::string &part) {
  EXPECT_PRED_FORMAT2(::testing::IsSubstring, part, message);
}

/// Copies 8 resident bytes of core 1, from offset 16 on, to the output.
struct Sample : TestProgram {
  unsigned weights, out;
  std::vector<uint8_t> bytes = std::vector<uint8_t>(8);

  Sample() : TestProgram(2) {
    weights = addSegment(8, SegmentRole::Constant);
    out = addSegment(8, SegmentRole::Output);
    std::iota(bytes.begin(), bytes.end(), 1);
    write(weights, bytes);
    program.residents = {{MemorySpace::Local, 1, 16, 8}};
    // Core 0 brings them.
    program.setup = {
        {0,
         Engine::DMA,
         {copyBytes(dram(weights, u8, {}), local(16, u8, {}, 1), 8)}}};
    addDMA(copyBytes(local(16, u8, {}, 1), dram(out, u8, {}), 8));
  }
};

// What was brought once is there, with nothing in the run that brings it.
TEST(ResidentTest, RunsReadWhatTheSetupBrought) {
  Sample test;
  SimulationResult result = test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(test.out), test.bytes);
  EXPECT_EQ(result.executedCommands, 1u);
  EXPECT_EQ(result.dramReadBytes, 0u);
}

// The set-up has a time and a content of its own, and a run takes the content
// that it is given.
TEST(ResidentTest, SetupAlone) {
  Sample test;
  std::vector<llvm::MutableArrayRef<uint8_t>> memory(test.memory.begin(),
                                                     test.memory.end());
  llvm::Expected<SetupResult> setup =
      simulateSetup(test.program, test.machine, garam::RunMemory(memory));
  ASSERT_TRUE(bool(setup)) << llvm::toString(setup.takeError());
  ASSERT_EQ(setup->residents.size(), 1u);
  EXPECT_EQ(setup->residents[0], test.bytes);
  EXPECT_EQ(setup->cost.executedCommands, 1u);
  EXPECT_GE(setup->cost.latencyFs, 500'000'000u);
  EXPECT_GT(setup->cost.dramReadBytes, 0u);

  SimulationOptions timing;
  timing.timingOnly = true;
  llvm::Expected<SetupResult> timed =
      simulateSetup(test.program, test.machine, garam::RunMemory(), timing);
  ASSERT_TRUE(bool(timed)) << llvm::toString(timed.takeError());
  EXPECT_EQ(timed->cost.latencyFs, setup->cost.latencyFs);
  EXPECT_TRUE(timed->residents.empty());

  std::vector<std::vector<uint8_t>> others = {std::vector<uint8_t>(8, 9)};
  SimulationOptions options;
  options.residents = others;
  test.runOrFail(options);
  EXPECT_EQ(test.read<uint8_t>(test.out), others[0]);
}

// A program without resident bytes has nothing to set up.
TEST(ResidentTest, NoSetup) {
  TestProgram test;
  llvm::Expected<SetupResult> setup =
      simulateSetup(test.program, test.machine, garam::RunMemory());
  ASSERT_TRUE(bool(setup)) << llvm::toString(setup.takeError());
  EXPECT_EQ(setup->cost.latencyFs, 0u);
}

// Resident bytes that the set-up leaves out are as undefined as others are:
// they read as 0xFF.
TEST(ResidentTest, BytesThatNothingBrings) {
  Sample test;
  std::get<DMACommand>(test.program.setup[0].commands[0]).sizes = {6};
  test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(test.out),
            (std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 255, 255}));
}

// A run writes none of them, in times either, but may write between them.
TEST(ResidentTest, RunsDoNotWriteThem) {
  for (bool timingOnly : {false, true}) {
    Sample test;
    test.addDMA(copyBytes(local(0, u8, {}), local(12, u8, {}, 1), 8));
    SimulationOptions options;
    options.timingOnly = timingOnly;
    expectPart(test.runToError(options),
               "core 0, dma queue, command 1: destination: resident bytes [16, "
               "24) of the SRAM of core 1 are written, which a run only reads");
  }
  Sample test;
  DMACommand around = copyBytes(local(0, u8, {}), local(15, u8, {}, 1), 2);
  around.destination.strides[0] = 9;
  test.addDMA(around);
  test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(test.out), test.bytes);
}

TEST(ResidentTest, WhatDoesNotFit) {
  Sample test;
  test.program.residents[0].size = uint64_t(1) << 40;
  expectPart(test.runToError(), "NPU simulation: resident bytes [16, "
                                "1099511627792) lie outside the local memory");
  SimulationOptions options;
  options.timingOnly = true;
  expectPart(test.runToError(options), "lie outside the local memory");

  Sample other;
  std::vector<std::vector<uint8_t>> wrong(2);
  options = {};
  options.residents = wrong;
  expectPart(other.runToError(options), "contents of 2 ranges of resident "
                                        "bytes, the program has 1");
  wrong.resize(1);
  options.residents = wrong;
  expectPart(other.runToError(options),
             "contents of 0 bytes for 8 resident bytes");
}

} // namespace
