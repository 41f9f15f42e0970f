//===- CyclesTest.cpp - Cycle counts of published kernels -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The counts are those of the vendor's public simulator, commit b464dde, for
// the same kernels.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Machines.h"

#include "garam/Target/PIM/Simulator.h"
#include "gtest/gtest.h"

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

SimulationResult runForTime(const TransactionStream &stream,
                            const MachineDescription &machine) {
  SimulationOptions options;
  options.timingOnly = true;
  return llvm::cantFail(simulate(stream, machine, options));
}

uint64_t countGEMV(uint32_t ranks, GEMVShape shape) {
  MachineDescription machine = describeMachine(/*channels=*/1, ranks);
  KernelBuilder builder(machine);
  buildGEMV(builder, shape);
  return runForTime(builder.stream, machine).cycles;
}

uint64_t countElementwise(uint32_t ranks, Elementwise kind, uint32_t trips) {
  MachineDescription machine = describeMachine(/*channels=*/1, ranks);
  KernelBuilder builder(machine);
  buildElementwise(builder, kind, trips);
  return runForTime(builder.stream, machine).cycles;
}

TEST(PIMCycles, GEMVOfOneRank) {
  EXPECT_EQ(countGEMV(1, {2, 1}), 1138u);
  EXPECT_EQ(countGEMV(1, {4, 1}), 1867u);
  EXPECT_EQ(countGEMV(1, {8, 1}), 3325u);
  EXPECT_EQ(countGEMV(1, {16, 1}), 6591u);
  EXPECT_EQ(countGEMV(1, {32, 1}), 13165u);
  EXPECT_EQ(countGEMV(1, {64, 1}), 25867u);
  EXPECT_EQ(countGEMV(1, {8, 2}), 6683u);
  EXPECT_EQ(countGEMV(1, {8, 4}), 13382u);
  EXPECT_EQ(countGEMV(1, {32, 2}), 26000u);
  EXPECT_EQ(countGEMV(1, {32, 8}), 103660u);
}

// The first refresh of a rank comes earlier when there are two.
TEST(PIMCycles, GEMVOfTwoRanks) {
  EXPECT_EQ(countGEMV(2, {2, 1}), 1138u);
  EXPECT_EQ(countGEMV(2, {4, 1}), 1867u);
  EXPECT_EQ(countGEMV(2, {8, 1}), 3662u);
  EXPECT_EQ(countGEMV(2, {16, 1}), 6970u);
  EXPECT_EQ(countGEMV(2, {32, 1}), 13166u);
  EXPECT_EQ(countGEMV(2, {8, 4}), 13389u);
}

TEST(PIMCycles, ElementwiseOfOneRank) {
  EXPECT_EQ(countElementwise(1, Elementwise::Add, 1), 731u);
  EXPECT_EQ(countElementwise(1, Elementwise::Add, 8), 2985u);
  EXPECT_EQ(countElementwise(1, Elementwise::Mul, 16), 5925u);
  EXPECT_EQ(countElementwise(1, Elementwise::Relu, 32), 7301u);
}

// ADD of 1 M, MUL of 2 M and RELU of 4 M elements over 64 channels.
TEST(PIMCycles, ElementwiseOfTwoRanks) {
  EXPECT_EQ(countElementwise(2, Elementwise::Add, 8), 3349u);
  EXPECT_EQ(countElementwise(2, Elementwise::Mul, 16), 5926u);
  EXPECT_EQ(countElementwise(2, Elementwise::Relu, 32), 7665u);
}

// The same product with a drain after each step: the prologue up to the
// program, the start of execution, the first input tile (of even banks), the
// store, the end of execution and the epilogue.
TEST(PIMCycles, DrainedSteps) {
  MachineDescription machine = describeMachine(/*channels=*/1, 1);
  KernelBuilder builder(machine);
  buildGEMV(builder, {2, 1});
  const unsigned barriersOfSteps[] = {3, 1, 2, 2, 1, 1, 2};
  TransactionStream stream = builder.stream;
  stream.transactions.clear();
  unsigned step = 0, barriers = 0;
  for (const Transaction &transaction : builder.stream.transactions) {
    stream.transactions.push_back(transaction);
    barriers += transaction.kind == TransactionKind::Barrier;
    if (barriers < barriersOfSteps[step])
      continue;
    barriers = 0;
    ++step;
    stream.beginPhase("step");
  }
  std::vector<uint64_t> cycles;
  for (const PhaseResult &phase : runForTime(stream, machine).phases)
    cycles.push_back(phase.cycles);
  ASSERT_EQ(cycles.size(), 8u);
  EXPECT_EQ(cycles[0], 166u);
  EXPECT_EQ(cycles[1], 22u);
  EXPECT_EQ(cycles[2], 367u);
  EXPECT_EQ(cycles[4], 50u);
  EXPECT_EQ(cycles[5], 22u);
  EXPECT_EQ(cycles[6], 186u);
  EXPECT_EQ(cycles[7], 0u); // nothing is left
}

/// Cycles of a channel, of 64, that reads and then writes so many bursts from
/// address 0 on, as a host without PIM does.
double countPlain(uint64_t reads, uint64_t writes) {
  MachineDescription machine = describeMachine(/*channels=*/1, 2);
  TransactionStream stream;
  stream.header = makeHeader(machine);
  for (uint64_t burst = 0; burst < reads + writes; ++burst) {
    if (burst < reads)
      stream.read(burst * bytesPerBurst);
    else
      stream.write(burst * bytesPerBurst, Burst());
  }
  return static_cast<double>(runForTime(stream, machine).cycles);
}

// The same operands without PIM, in single-bank mode: GEMV of 4096 x 4096, ADD
// of 1 M, MUL of 2 M and RELU of 4 M elements. The order in which the reference
// touches them is not known in full, so that the counts only come close.
TEST(PIMCycles, PlainStreams) {
  EXPECT_NEAR(countPlain(16384, 0), 36082, 0.01 * 36082);
  EXPECT_NEAR(countPlain(2048, 1024), 6651, 0.01 * 6651);
  EXPECT_NEAR(countPlain(4096, 2048), 13255, 0.01 * 13255);
  EXPECT_NEAR(countPlain(4096, 4096), 17504, 0.01 * 17504);
}

// 4096 x 4096: each of 64 channels has 64 outputs.
TEST(PIMCycles, GEMVOf64Channels) {
  MachineDescription machine = describeMachine(/*channels=*/64, 2);
  KernelBuilder builder(machine);
  for (uint32_t channel = 0; channel < machine.geometry.channels; ++channel) {
    builder.setChannel(channel);
    buildGEMV(builder, {32, 1});
  }
  EXPECT_EQ(runForTime(builder.stream, machine).cycles, 13166u);
}

} // namespace
