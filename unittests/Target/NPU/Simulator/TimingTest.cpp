//===- TimingTest.cpp - Tests of closed forms of time --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// docs/isa/npu-timing.md specifies the forms; the figures here are worked out
// by hand for the machine of SimulatorTesting.cpp.

#include "garam/Target/NPU/Machine/Timing.h"
#include "SimulatorTesting.h"

#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType bf16 = ElementType::BF16, f32 = ElementType::F32,
                  u8 = ElementType::U8;

/// 6 x 20 times 20 x 10 in bf16.
TensorCommand makeProduct() {
  TensorCommand command;
  command.rows = {1, 1, 6};
  command.reduction = {1, 1, 20};
  command.columns = 10;
  command.activation = local(0, bf16, {0, 0, 40, 0, 0, 2});
  command.weight = local(1024, bf16, {0, 0, 20, 2});
  command.output = local(2048, bf16, {0, 0, 20, 2});
  return command;
}

TEST(TimingTest, TensorCommand) {
  MachineDescription machine = makeMachine();
  TensorCommand command = makeProduct();
  EngineTime time = getTime(command, machine);
  // ceil(20 / 8) * ceil(10 / 4) * 6
  EXPECT_EQ(time.computeCycles, 3u * 3 * 6);
  EXPECT_EQ(time.fillCycles, 10u);
  // Activations once for each of 3 passes, weights once, at 16 bytes a cycle.
  EXPECT_EQ(time.readCycles, (240u * 3 + 400) / 16);
  EXPECT_EQ(time.writeCycles, 120u / 8);
  EXPECT_EQ(time.macs, 6u * 20 * 10);
  EXPECT_EQ(time.localBytes, 240u * 3 + 400 + 120);
  EXPECT_EQ(time.getBusyCycles(), 70u); // reading takes longest
  EXPECT_DOUBLE_EQ(time.getSeconds(machine.clockHz), 170e-9);
}

TEST(TimingTest, UnitsShareRowsOrColumns) {
  MachineDescription machine = makeMachine();
  TensorCommand command = makeProduct();
  command.unitRows = {2, 1, 1};
  EXPECT_EQ(getTime(command, machine).computeCycles, 3u * 3 * 3);
  EXPECT_EQ(getTime(command, machine).readCycles, 70u);
  EXPECT_EQ(getAccumulatorBytes(command, machine), 6u * 12 * 4);
  command.unitRows = {1, 1, 1};
  command.unitColumns = 2;
  // 8 columns a pass
  EXPECT_EQ(getTime(command, machine).computeCycles, 3u * 2 * 6);
  EXPECT_EQ(getTime(command, machine).readCycles, (240u * 2 + 400) / 16);
  EXPECT_EQ(getAccumulatorBytes(command, machine), 6u * 16 * 4);
}

TEST(TimingTest, EpilogueOperandsAreRead) {
  MachineDescription machine = makeMachine();
  TensorCommand command = makeProduct();
  command.hasBias = command.hasScale = command.hasResidual = true;
  command.bias = command.scale = local(4096, f32, {4});
  command.residual = local(2048, bf16, {0, 0, 20, 2});
  EXPECT_EQ(getTime(command, machine).readCycles,
            (240u * 3 + 400 + 40 + 40 + 120) / 16 + 1);
  command.store = false;
  EXPECT_EQ(getTime(command, machine).readCycles, 70u);
  EXPECT_EQ(getTime(command, machine).writeCycles, 0u);
}

// A run that is shorter than a word of a bank costs the word.
TEST(TimingTest, ShortRunsCostWholeBankWords) {
  MachineDescription machine = makeMachine();
  TensorCommand command = makeProduct();
  command.weight.strides = {0, 0, 2, 40}; // a run is the whole operand
  EXPECT_EQ(getTime(command, machine).readCycles, 70u);
  command.weight.strides = {0, 0, 8, 160}; // runs of 2 bytes, words of 4
  EXPECT_EQ(getTime(command, machine).readCycles, (240u * 3 + 800) / 16);
}

VectorCommand makeVector(std::initializer_list<VectorOpcode> operations) {
  VectorCommand command;
  command.sizes = {10, 33};
  command.inputs = {local(0, f32, {132, 4})};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  for (VectorOpcode opcode : operations)
    command.body.push_back({opcode, 0, 0, 0, 0, 0});
  VectorOutput output;
  output.descriptor = local(4096, f32, {132, 4});
  command.outputs = {output};
  return command;
}

TEST(TimingTest, VectorCommand) {
  MachineDescription machine = makeMachine();
  EngineTime time = getTime(makeVector({VectorOpcode::AddF}), machine);
  EXPECT_EQ(time.computeCycles, 21u); // ceil(330 / 16)
  EXPECT_EQ(time.readCycles, 83u);    // ceil(1320 / 16)
  EXPECT_EQ(time.writeCycles, 165u);  // 1320 / 8
  EXPECT_EQ(time.vectorOperations, 330u);
  EXPECT_DOUBLE_EQ(time.getSeconds(machine.clockHz), 50e-9 + 165e-9);
  // Integers have twice the lanes, functions take four cycles.
  EXPECT_EQ(getTime(makeVector({VectorOpcode::AddI}), machine).computeCycles,
            11u);
  EXPECT_EQ(
      getTime(makeVector({VectorOpcode::ExpF, VectorOpcode::AddF}), machine)
          .computeCycles,
      21u * 4 + 21);
}

/// The innermost dimension reduced by multiplying and adding.
VectorCommand makeSumOfProducts() {
  VectorCommand command = makeVector({});
  command.numReductionDims = 1;
  command.inputs.push_back(local(8192, f32, {0, 4}));
  command.body.push_back({VectorOpcode::Load, 1, 0, 0, 0, 1});
  command.body.push_back({VectorOpcode::MulF, 2, 0, 1, 0, 0});
  command.reductions = {{Combiner::AddF, 2, 3, 0}};
  command.outputs[0].source = 3;
  command.outputs[0].descriptor.strides = {4};
  return command;
}

TEST(TimingTest, MultiplicationAndAdditionAreOneOperation) {
  MachineDescription machine = makeMachine();
  VectorCommand command = makeSumOfProducts();
  EXPECT_EQ(getTime(command, machine).computeCycles, 21u);
  command.reductions[0].combiner = Combiner::MaxF;
  EXPECT_EQ(getTime(command, machine).computeCycles, 42u);
  // The finish runs once a parallel element.
  command.finish = {{VectorOpcode::ExpF, 3, 3, 0, 0, 0}};
  EXPECT_EQ(getTime(command, machine).computeCycles, 46u);
}

// An operand is read again along the dimensions outside of those it changes
// with, when the registers cannot keep it, and once along those inside.
TEST(TimingTest, BroadcastOperands) {
  MachineDescription machine = makeMachine();
  VectorCommand command = makeVector({});
  command.sizes = {10, 993};
  command.inputs[0].strides = {0, 4};
  EXPECT_EQ(getTime(command, machine).readCycles, 2483u); // 9930 elements
  command.inputs[0].strides = {4, 0};
  EXPECT_EQ(getTime(command, machine).readCycles, 3u); // 10 elements
}

// The micro-program names one register; 31 of 32 lanes have 992 words.
TEST(TimingTest, RegistersKeepWhatComesBack) {
  MachineDescription machine = makeMachine();
  VectorCommand command = makeVector({});
  command.sizes = {10, 992};
  command.inputs[0].strides = {0, 4};
  EXPECT_EQ(getTime(command, machine).readCycles, 248u); // 992 elements
  // A program that names more leaves fewer, whatever the register is named by.
  command.body.push_back({VectorOpcode::AddF, 0, 0, 1, 0, 0});
  EXPECT_EQ(getTime(command, machine).readCycles, 2480u);
  command.body.back() = {VectorOpcode::Load, 1, 0, 0, 0, 0};
  EXPECT_EQ(getTime(command, machine).readCycles, 2480u);
  // The type of an element does not matter, it takes a word.
  command.inputs[0] = local(0, bf16, {0, 2});
  EXPECT_EQ(getTime(command, machine).readCycles, 1240u);
}

// Words are for what lies inside the dimension along which an operand comes
// back; what changes outside of it replaces them.
TEST(TimingTest, KeptOperandsThatChange) {
  MachineDescription machine = makeMachine();
  VectorCommand command = makeVector({});
  command.sizes = {4, 10, 500};
  command.inputs[0].strides = {2000, 0, 4};
  EXPECT_EQ(getTime(command, machine).readCycles, 500u); // 2,000 elements
}

// The first that fits takes the words: here the second of 31 * 32.
TEST(TimingTest, KeptOperandsInTheirOrder) {
  MachineDescription machine = makeMachine();
  VectorCommand command = makeVector({});
  command.sizes = {10, 2, 600};
  command.inputs = {local(0, f32, {0, 2400, 4}), local(8192, f32, {0, 0, 4}),
                    local(16384, f32, {0, 0, 4})};
  // 12,000, 600 and 12,000 elements
  EXPECT_EQ(getTime(command, machine).readCycles, 24600u * 4 / 16);
}

TEST(TimingTest, TransferFromDRAM) {
  MachineDescription machine = makeMachine();
  DMACommand command = copyBytes(dram(0, u8, {}), local(0, u8, {}), 4096);
  TransferTime time = getTime(command, machine);
  EXPECT_DOUBLE_EQ(time.startSeconds, 500e-9);
  EXPECT_DOUBLE_EQ(time.engineSeconds, 128e-9);
  EXPECT_DOUBLE_EQ(time.dramSeconds, 128e-9); // half of 64 GB/s
  EXPECT_DOUBLE_EQ(time.networkSeconds, 128e-9);
  EXPECT_DOUBLE_EQ(time.localSeconds, 512e-9); // 8 bytes a cycle
  EXPECT_DOUBLE_EQ(time.streamSeconds, 512e-9);
  EXPECT_EQ(time.bytes, 4096u);
  EXPECT_EQ(time.dramReadBytes, 4096u);
  EXPECT_EQ(time.dramWriteBytes, 0u);
  EXPECT_EQ(time.networkBytes, 4096u);
  EXPECT_EQ(time.localBytes, 4096u);
  EXPECT_EQ(time.packets, 16u);
}

// Runs shorter than a burst cost a whole one, at a quarter of the peak rate;
// longer ones are rounded up to bursts. The engine asks for a run a cycle.
TEST(TimingTest, ShortRunsInDRAM) {
  MachineDescription machine = makeMachine();
  DMACommand command;
  command.sizes = {64};
  command.elementBytes = 2;
  command.source = dram(0, u8, {256});
  command.destination = local(0, u8, {2});
  TransferTime time = getTime(command, machine);
  EXPECT_EQ(time.dramReadBytes, 64u * 64);
  EXPECT_DOUBLE_EQ(time.dramSeconds, 256e-9);
  EXPECT_DOUBLE_EQ(time.engineSeconds, 64e-9);
  command.sizes = {8, 50};
  command.source.strides = {256, 2}; // runs of 100 bytes
  command.destination.strides = {100, 2};
  time = getTime(command, machine);
  EXPECT_EQ(time.dramReadBytes, 8u * 128);
  EXPECT_DOUBLE_EQ(time.dramSeconds, 32e-9);
  EXPECT_DOUBLE_EQ(time.engineSeconds, 32e-9);
}

TEST(TimingTest, GathersMakeARunOfEachIndex) {
  MachineDescription machine = makeMachine();
  DMACommand command;
  command.kind = DMAKind::Gather;
  command.sizes = {4, 128};
  command.source = dram(0, u8, {128, 1});
  command.destination = local(0, u8, {128, 1});
  command.indirection.limit = 4;
  EXPECT_EQ(getTime(command, machine).dramReadBytes, 512u);
  command.sizes = {64, 8};
  command.source.strides = {8, 1};
  command.destination.strides = {8, 1};
  EXPECT_EQ(getTime(command, machine).dramReadBytes, 64u * 64);
}

TEST(TimingTest, TransfersOnTheChip) {
  MachineDescription machine = makeMachine();
  // Between cores: a port each way.
  TransferTime time = getTime(
      copyBytes(local(0, u8, {}, 0), local(0, u8, {}, 1), 4096), machine);
  EXPECT_DOUBLE_EQ(time.networkSeconds, 128e-9);
  EXPECT_EQ(time.networkBytes, 8192u);
  EXPECT_EQ(time.dramReadBytes + time.dramWriteBytes, 0u);
  // Inside of a core: no port.
  time =
      getTime(copyBytes(local(0, u8, {}), local(8192, u8, {}), 4096), machine);
  EXPECT_DOUBLE_EQ(time.networkSeconds, 0);
  // To the shared SRAM: its port.
  Descriptor shared;
  shared.address.space = MemorySpace::Shared;
  time = getTime(copyBytes(local(0, u8, {}), shared, 4096), machine);
  EXPECT_DOUBLE_EQ(time.sharedSeconds, 512e-9);
  EXPECT_EQ(time.sharedBytes, 4096u);
  // Multicast: one read, a port for each receiver.
  DMACommand multicast = copyBytes(dram(0, u8, {}), local(0, u8, {}), 4096);
  multicast.multicast = 0b1111;
  time = getTime(multicast, machine);
  EXPECT_EQ(time.dramReadBytes, 4096u);
  EXPECT_EQ(time.networkBytes, 4 * 4096u);
  EXPECT_EQ(time.localBytes, 4 * 4096u);
  EXPECT_DOUBLE_EQ(time.networkSeconds, 128e-9);
}

// Sizes of a stranger's program overflow nothing.
TEST(TimingTest, CountsSaturate) {
  MachineDescription machine = makeMachine();
  TensorCommand command = makeProduct();
  command.rows = {~0u, ~0u, ~0u};
  command.reduction = {~0u, ~0u, ~0u};
  EXPECT_EQ(getTime(command, machine).computeCycles, ~uint64_t(0));
  EXPECT_EQ(getAccumulatorBytes(command, machine), ~uint64_t(0));
  DMACommand copy = copyBytes(dram(0, u8, {}), local(0, u8, {}), 1);
  copy.sizes = {~0u, ~0u, ~0u};
  EXPECT_EQ(getTime(copy, machine).bytes, ~uint64_t(0));
}

} // namespace
