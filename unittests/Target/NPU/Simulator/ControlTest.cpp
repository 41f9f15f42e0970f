//===- ControlTest.cpp - Loops, parameters, semaphores and their errors --===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"

#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType u8 = ElementType::U8;

void expectPart(const std::string &message, const std::string &part) {
  EXPECT_PRED_FORMAT2(::testing::IsSubstring, part, message);
}

LoopBeginCommand loop(uint32_t count, int parameter = -1) {
  LoopBeginCommand command;
  command.count = count;
  command.parameter = parameter;
  return command;
}

//===----------------------------------------------------------------------===//
// Loops and parameters
//===----------------------------------------------------------------------===//

// Each turn of three nested loops copies one byte to its place.
TEST(ControlTest, LoopsMoveAddresses) {
  TestProgram test;
  unsigned in = test.addSegment(24, SegmentRole::Input);
  unsigned out = test.addSegment(24, SegmentRole::Output);
  std::vector<uint8_t> bytes(24);
  for (unsigned i = 0; i < 24; ++i)
    bytes[i] = i;
  test.write(in, bytes);
  DMACommand command = copyBytes(dram(in, u8, {}), dram(out, u8, {}), 1);
  command.source.address.loopStrides = {12, 4, 1};
  command.destination.address.loopStrides = {1, 2, 6};
  for (uint32_t count : {2, 3, 4})
    test.add(Engine::DMA, loop(count));
  test.addDMA(command);
  for (unsigned i = 0; i < 3; ++i)
    test.add(Engine::DMA, LoopEndCommand());
  SimulationResult result = test.runOrFail();
  std::vector<uint8_t> expected(24);
  for (unsigned i = 0; i < 2; ++i)
    for (unsigned j = 0; j < 3; ++j)
      for (unsigned k = 0; k < 4; ++k)
        expected[i + 2 * j + 6 * k] = bytes[12 * i + 4 * j + k];
  EXPECT_EQ(test.read<uint8_t>(out), expected);
  // Each of the 24 executions pays its start-up.
  EXPECT_GE(result.latencyFs, 24 * 500'000'000ull);
}

// A launch parameter as trip count, 0 included, and as a factor of an address.
TEST(ControlTest, LaunchParameters) {
  for (uint32_t turns : {0, 1, 3}) {
    TestProgram test;
    test.program.parameters = {{"turns", 3}, {"start", 8}};
    test.parameters = {turns, 4};
    unsigned out = test.addSegment(16, SegmentRole::Output);
    DMACommand fill;
    fill.kind = DMAKind::Fill;
    fill.sizes = {1};
    fill.destination = dram(out, u8, {});
    fill.destination.address.loopStrides[0] = 1;
    fill.destination.address.parameter = 1;
    fill.destination.address.parameterStride = 1;
    fill.fillBits = 9;
    test.add(Engine::DMA, loop(3, 0));
    test.addDMA(fill);
    test.add(Engine::DMA, LoopEndCommand());
    test.runOrFail();
    std::vector<uint8_t> expected(16, 0);
    std::fill_n(expected.begin() + 4, turns, 9);
    EXPECT_EQ(test.read<uint8_t>(out), expected);
  }
}

TEST(ControlTest, RefusesParametersBeyondTheirMaximum) {
  TestProgram test;
  test.program.parameters = {{"turns", 3}};
  test.parameters = {4};
  EXPECT_EQ(test.runToError(), "NPU simulation: launch parameter 'turns' is 4, "
                               "its maximum is 3");
  test.parameters = {};
  EXPECT_EQ(test.runToError(),
            "NPU simulation: 0 launch parameters, the program has 1");
}

TEST(ControlTest, BoundsExecutedCommands) {
  TestProgram test;
  test.add(Engine::DMA, loop(1000));
  test.add(Engine::DMA, LoopEndCommand());
  SimulationOptions options;
  options.maxCommands = 100;
  EXPECT_EQ(test.runToError(options),
            "NPU simulation: core 0, dma queue, command 1: more than 100 "
            "commands have been executed");
}

//===----------------------------------------------------------------------===//
// Semaphores
//===----------------------------------------------------------------------===//

SignalCommand signal(unsigned core, Engine engine, uint16_t semaphore,
                     uint32_t count = 1) {
  SignalCommand command;
  command.core = core;
  command.engine = engine;
  command.semaphore = semaphore;
  command.count = count;
  return command;
}

// A wait takes its count and leaves the rest.
TEST(ControlTest, SemaphoresCount) {
  TestProgram test;
  test.add(Engine::DMA, signal(0, Engine::Vector, 3, 5));
  test.add(Engine::Vector, WaitCommand{3, 2});
  test.add(Engine::Vector, WaitCommand{3, 3});
  test.runOrFail();
  test.add(Engine::Vector, WaitCommand{3, 1});
  expectPart(test.runToError(), "deadlock");
}

TEST(ControlTest, DeadlockNamesTheBlockedQueues) {
  TestProgram test(2);
  test.add(Engine::Tensor, WaitCommand{0, 1});
  test.add(Engine::Tensor, signal(1, Engine::Vector, 7));
  test.add(Engine::Vector, WaitCommand{7, 2}, 1);
  test.add(Engine::Vector, signal(0, Engine::Tensor, 0), 1);
  EXPECT_EQ(test.runToError(),
            "deadlock: core 0, tensor queue waits at command 0 for semaphore 0 "
            "to reach 1, it is 0, core 1, vector queue waits at command 0 for "
            "semaphore 7 to reach 2, it is 0");
}

TEST(ControlTest, SemaphoreOverflow) {
  TestProgram test;
  test.add(Engine::DMA, signal(0, Engine::DMA, 1, 65535));
  test.add(Engine::DMA, signal(0, Engine::DMA, 1, 1));
  EXPECT_EQ(test.runToError(),
            "NPU simulation: core 0, dma queue, command 2: semaphore 1 "
            "overflows: its count becomes 65536, the most is 65535");
}

//===----------------------------------------------------------------------===//
// Accesses outside of memory
//===----------------------------------------------------------------------===//

TEST(ControlTest, RefusesAccessesBeyondASegment) {
  TestProgram test;
  unsigned in = test.addSegment(16, SegmentRole::Input);
  test.addDMA(copyBytes(dram(in, u8, {}, 8), local(0, u8, {}), 9));
  EXPECT_EQ(test.runToError(),
            "NPU simulation: core 0, dma queue, command 0: source: bytes [8, "
            "17) lie outside segment 0 ('s0'), which has 16 bytes");
  SimulationOptions timingOnly;
  timingOnly.timingOnly = true;
  expectPart(test.runToError(timingOnly), "bytes [8, 17)");
}

TEST(ControlTest, RefusesAccessesBeyondSRAM) {
  TestProgram test;
  VectorCommand command;
  command.sizes = {2, 4};
  command.inputs = {local(0, ElementType::F32, {1 << 20, 4})};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  VectorOutput output;
  output.descriptor = local(-4, ElementType::F32, {16, 4});
  command.outputs = {output};
  test.addVector(command);
  expectPart(test.runToError(),
             "command 0: input 0: bytes [0, 1048592) lie outside "
             "the SRAM of core 0, which has 1048576 bytes");
  command.inputs[0].strides[0] = 16;
  test.program.queues[0].commands[0] = command;
  expectPart(test.runToError(), "output 0: bytes [-4, 28)");
}

// A guard that lets an element outside of memory through is found when the
// element is read.
TEST(ControlTest, RefusesElementsThatGuardsLetThrough) {
  TestProgram test;
  VectorCommand command;
  command.sizes = {8};
  command.inputs = {local(-4, u8, {1})};
  command.inputs[0].guards = {Guard{-4, 100, {2, 0, 0, 0, 0, 0}, {}}};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  VectorOutput output;
  output.descriptor = local(64, u8, {1});
  output.isFloat = false;
  command.outputs = {output};
  test.addVector(command);
  expectPart(test.runToError(), "input 0: bytes [-2, 4)");

  TestProgram product;
  TensorCommand tensor;
  tensor.rows = {1, 8, 1};
  tensor.activation = local((1 << 20) - 4, u8, {0, 1});
  tensor.activation.guards = {Guard{0, 7, {0, 1, 0, 0, 0, 0}, {}}};
  tensor.weight = local(0, u8, {});
  tensor.output = local(64, ElementType::I32, {0, 4});
  product.addTensor(tensor);
  expectPart(product.runToError(), "command 0: activation: bytes");
  tensor.activation = local(0, u8, {0, 1});
  tensor.weight = local((1 << 20) - 4, u8, {0, 0, 1});
  tensor.weight.guards = {Guard{0, 7, {0, 0, 1, 0, 0, 0}, {}}};
  tensor.reduction = {1, 1, 8};
  product.program.queues[0].commands[0] = tensor;
  expectPart(product.runToError(), "command 0: weight: bytes");
}

TEST(ControlTest, RefusesWritesToReadOnlySegments) {
  TestProgram test;
  unsigned in = test.addSegment(16, SegmentRole::Input);
  test.addDMA(copyBytes(local(0, u8, {}), dram(in, u8, {}), 4));
  expectPart(test.runToError(),
             "segment 0 ('s0') is written, but its role is read only");
}

TEST(ControlTest, RefusesMemoryThatIsTooSmall) {
  TestProgram test;
  unsigned in = test.addSegment(16, SegmentRole::Input);
  test.memory[in].resize(15);
  EXPECT_EQ(test.runToError(), "NPU simulation: 15 bytes of memory for segment "
                               "0 ('s0'), which has 16");
  test.memory.clear();
  EXPECT_EQ(test.runToError(),
            "NPU simulation: memory of 0 segments, the program has 1");
}

//===----------------------------------------------------------------------===//
// What a machine has not
//===----------------------------------------------------------------------===//

TensorCommand makeTensor(ElementType type) {
  TensorCommand command;
  command.activation = local(0, type, {});
  command.weight = local(64, type, {});
  command.output = local(128, ElementType::F32, {});
  return command;
}

TEST(ControlTest, RefusesWhatTheTensorEngineLacks) {
  TestProgram test;
  test.machine.tensor.modes.resize(1);
  test.addTensor(makeTensor(ElementType::BF16));
  expectPart(test.runToError(),
             "the tensor engine of 'test' has no mode for type "
             "bf16");
  TestProgram units;
  TensorCommand command = makeTensor(ElementType::BF16);
  command.unitRows = {1, 2, 1};
  command.unitColumns = 2;
  units.addTensor(command);
  expectPart(units.runToError(),
             "unitRows 1 2 1, unitColumns 2, unitReduction 1, but a core of "
             "'test' has 2 units");
  TestProgram accumulators;
  command.unitColumns = 1;
  command.rows = {4097, 1, 1};
  accumulators.addTensor(command);
  expectPart(accumulators.runToError(),
             "need 65552 bytes of accumulators, but a core of "
             "'test' has 65536");
}

TEST(ControlTest, RefusesFloatArithmeticOnAMachineWithoutIt) {
  TestProgram test;
  test.machine.vector.hasFloat = false;
  VectorCommand command;
  command.sizes = {8};
  command.inputs = {local(0, ElementType::I8, {1})};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0},
                  {VectorOpcode::I32ToF32, 0, 0, 0, 0, 0},
                  {VectorOpcode::ConstF32, 1, 0, 0, 0, 0x3F000000},
                  {VectorOpcode::MulF, 0, 0, 1, 0, 0}};
  VectorOutput output;
  output.descriptor = local(64, ElementType::I8, {1});
  command.outputs = {output};
  test.addVector(command);
  test.runOrFail(); // requantisation
  command.body.push_back({VectorOpcode::ExpF, 0, 0, 0, 0, 0});
  test.program.queues[0].commands[0] = command;
  expectPart(test.runToError(), "float operation ExpF");
}

TEST(ControlTest, RefusesMemoriesAndNetworksThatAMachineLacks) {
  TestProgram test(4);
  test.machine.shared.bytes = 0;
  Descriptor shared;
  shared.address.space = MemorySpace::Shared;
  test.addDMA(copyBytes(shared, local(0, u8, {}), 4));
  expectPart(test.runToError(), "'test' has no shared SRAM");

  TestProgram multicast(4);
  multicast.machine.network.multicast = false;
  unsigned in = multicast.addSegment(16, SegmentRole::Input);
  DMACommand command = copyBytes(dram(in, u8, {}), local(0, u8, {}), 4);
  command.multicast = 0b11;
  multicast.addDMA(command);
  expectPart(multicast.runToError(),
             "multicast, but the network of 'test' has none");

  TestProgram cores(8);
  expectPart(cores.runToError(), "the program is for 8 cores, 'test' has 4");

  TestProgram large;
  large.program.segments.push_back(
      {SegmentRole::Scratch, uint64_t(2) << 30, "big"});
  expectPart(large.runToError(), "'test' has 1073741824 of DRAM");
}

TEST(ControlTest, RefusesMemoriesTooLargeToSimulate) {
  TestProgram test;
  test.machine.local.bytes = uint64_t(1) << 50;
  expectPart(test.runToError(), "'test' has an SRAM of more than 4294967296 "
                                "bytes");
  SimulationOptions options;
  options.timingOnly = true;
  test.runOrFail(options);
}

// Rules that do not depend on a machine are checked first.
TEST(ControlTest, RefusesProgramsThatBreakARule) {
  TestProgram test;
  test.add(Engine::DMA, LoopEndCommand());
  expectPart(test.runToError(), "the end of a loop that did not begin");
}

// What a command has written can be read when it has ended, which takes no
// time; what lies outside of a memory, or was never written, reads as nothing.
TEST(ControlTest, MemoryCanBeReadWhenACommandHasEnded) {
  TestProgram test;
  unsigned in = test.addSegment(8, SegmentRole::Input);
  test.write<uint8_t>(in, {1, 2, 3, 4, 5, 6, 7, 8});
  test.addDMA(copyBytes(dram(in, ElementType::U8, {1}),
                        local(16, ElementType::U8, {1}), 8));
  test.addDMA(copyBytes(dram(in, ElementType::U8, {1}, 4),
                        local(16, ElementType::U8, {1}), 4));
  SimulationResult without = test.runOrFail();

  std::vector<std::vector<uint8_t>> seen;
  SimulationOptions options;
  options.onData = [&](const CommandEvent &event, ReadMemory read) {
    Address address;
    address.offset = 16;
    llvm::ArrayRef<uint8_t> bytes = read(address, 4);
    EXPECT_EQ(event.command, seen.size());
    seen.emplace_back(bytes.begin(), bytes.end());
    EXPECT_TRUE(read(address, test.machine.local.bytes).empty());
    address.offset = -1;
    EXPECT_TRUE(read(address, 4).empty());
    address.offset = 0;
    address.space = MemorySpace::DRAM;
    EXPECT_EQ(read(address, 8).size(), 8u);
    EXPECT_TRUE(read(address, 9).empty());
    address.index = 1;
    EXPECT_TRUE(read(address, 1).empty());
    return llvm::Error::success();
  };
  EXPECT_EQ(test.runOrFail(options).latencyFs, without.latencyFs);
  EXPECT_EQ(seen,
            (std::vector<std::vector<uint8_t>>{{1, 2, 3, 4}, {5, 6, 7, 8}}));

  options.onData = [](const CommandEvent &, ReadMemory) {
    return llvm::createStringError("enough");
  };
  EXPECT_EQ(test.runToError(options), "enough");
}

} // namespace
