//===- GridTimingTest.cpp - Time on machines of published cost models ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Arrays that take each dimension by itself, and vector engines of fixed
// functions, as docs/isa/npu-timing.md specifies them. Figures are by hand.

#include "SimulatorTesting.h"
#include "garam/Target/NPU/Machine/Timing.h"

#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType i8 = ElementType::I8;

/// Sixteen arrays of 8 x 4 that share reduction and columns, or two dimensions
/// of rows, four ways each. SRAM is read at 16 bytes a cycle.
MachineDescription makeGrid() {
  MachineDescription machine = makeMachine();
  machine.tensor.units = 16;
  UnitGrid &grid = machine.tensor.grid.emplace();
  grid.shares = {{{1, 1, 1}, 4, 4}, {{1, 4, 4}, 1, 1}};
  return machine;
}

/// A 3 x 3 convolution of 7 x 7 outputs, 40 to 20 channels, by one unit. The
/// input has 9 x 9 pixels, channels innermost.
TensorCommand makeConvolution() {
  TensorCommand command;
  command.rows = {1, 7, 7};
  command.reduction = {3, 3, 40};
  command.columns = 20;
  command.activation = local(0, i8, {0, 360, 40, 360, 40, 1});
  command.weight = local(8192, i8, {2400, 800, 20, 1});
  command.output = local(32768, i8, {0, 140, 20, 1});
  return command;
}

TEST(GridTimingTest, EachDimensionTakesWholeSteps) {
  MachineDescription machine = makeGrid();
  TensorCommand command = makeConvolution();
  // 49 rows, 9 taps, ceil(40 / 8) steps of channels, ceil(20 / 4) columns
  EXPECT_EQ(getTime(command, machine).computeCycles, 49u * 9 * 5 * 5);
  command.unitReduction = command.unitColumns = 4;
  EXPECT_EQ(getTime(command, machine).computeCycles, 49u * 9 * 2 * 2);
  command.unitReduction = command.unitColumns = 1;
  command.unitRows = {1, 4, 4};
  EXPECT_EQ(getTime(command, machine).computeCycles, 2u * 2 * 9 * 5 * 5);
}

// Three channels fill no step of eight, and the window does not help them.
TEST(GridTimingTest, AWindowIsNoPartOfTheReductionStep) {
  MachineDescription machine = makeGrid();
  TensorCommand command = makeConvolution();
  command.reduction = {3, 3, 3};
  EXPECT_EQ(getTime(command, machine).computeCycles, 49u * 9 * 1 * 5);
  machine.tensor.grid.reset(); // flat: ceil(27 / 8)
  EXPECT_EQ(getTime(command, machine).computeCycles, 49u * 4 * 5);
}

TEST(GridTimingTest, AUnitTakesABlockOfRows) {
  MachineDescription machine = makeGrid();
  machine.tensor.grid->blockHeight = machine.tensor.grid->blockWidth = 2;
  TensorCommand command = makeConvolution();
  EXPECT_EQ(getTime(command, machine).computeCycles, 4u * 4 * 9 * 5 * 5);
  command.rows = {3, 1, 7}; // the outer rows are single
  EXPECT_EQ(getTime(command, machine).computeCycles, 3u * 1 * 4 * 9 * 5 * 5);
  EXPECT_EQ(machine.getPeakMACsPerSecond(i8), 1e9 * 4 * 16 * 8 * 4 * 4);
}

// 81 pixels of 40 channels: once, whatever the windows and passes are.
TEST(GridTimingTest, BuffersReadEachByteOnce) {
  MachineDescription machine = makeGrid();
  TensorCommand command = makeConvolution();
  uint64_t weights = 9 * 40 * 20;
  EXPECT_EQ(getTime(command, machine).readCycles,
            (49u * 360 * 5 + weights + 15) / 16);
  machine.tensor.grid->buffersOperands = true;
  EXPECT_EQ(getTime(command, machine).readCycles,
            (81u * 40 + weights + 15) / 16);
  // A part of a wider image: 9 rows of 9 pixels, apart.
  command.activation.strides = {0, 800, 40, 800, 40, 1};
  EXPECT_EQ(getTime(command, machine).localBytes, 81u * 40 + weights + 49 * 20);
  // Two pixels apart, windows of 3 share one row and one column of pixels:
  // 15 x 15 of them are read.
  command.activation.strides = {0, 2 * 800, 2 * 40, 800, 40, 1};
  EXPECT_EQ(getTime(command, machine).localBytes,
            225u * 40 + weights + 49 * 20);
  // 1 x 1 convolutions that skip pixels read those they need.
  command.reduction = {1, 1, 40};
  EXPECT_EQ(getTime(command, machine).localBytes, 49u * 40 + 40 * 20 + 49 * 20);
}

TEST(GridTimingTest, OnlyListedSharesAreSupported) {
  MachineDescription machine = makeGrid();
  TensorCommand command = makeConvolution();
  auto getError = [&] {
    return llvm::toString(checkSupported(command, machine));
  };
  EXPECT_EQ(getError(), "");
  command.unitRows = {1, 2, 4}; // within a share
  EXPECT_EQ(getError(), "");
  command.unitColumns = 2;
  EXPECT_EQ(getError(),
            "unitRows 1 2 4, unitColumns 2, unitReduction 1, but a core of "
            "'test' has 16 units, which do not share a command so");
  command.unitRows = {1, 1, 1};
  command.unitReduction = 4;
  EXPECT_EQ(getError(), "");
  machine.tensor.grid.reset();
  EXPECT_EQ(getError(),
            "unitRows 1 1 1, unitColumns 2, unitReduction 4, but a core of "
            "'test' has 16 units, which do not share a command so");
}

TEST(GridTimingTest, AResidualNeedsAnEpilogueThatAddsTensors) {
  MachineDescription machine = makeGrid();
  TensorCommand command = makeConvolution();
  command.hasResidual = true;
  command.residual = command.output;
  EXPECT_EQ(llvm::toString(checkSupported(command, machine)), "");
  machine.tensor.grid->addsResidual = false;
  EXPECT_EQ(llvm::toString(checkSupported(command, machine)),
            "a residual, but the tensor engine of 'test' cannot add tensors");
  command.hasResidual = false;
  command.outputScale = 0.5f;
  EXPECT_EQ(llvm::toString(checkSupported(command, machine)),
            "a quantisation inside of its epilogue, but the tensor engine of "
            "'test' quantises results only");
}

//===----------------------------------------------------------------------===//
// Fixed functions
//===----------------------------------------------------------------------===//

MachineDescription makeFixedFunction() {
  MachineDescription machine = makeMachine();
  machine.vector.fixedFunction = {50, /*usesBanks=*/false,
                                  /*excludesTensor=*/true};
  return machine;
}

/// 10 x 30 outputs of `inputs`.
VectorCommand makeVector(std::initializer_list<Descriptor> inputs) {
  VectorCommand command;
  command.sizes = {10, 30};
  command.inputs = inputs;
  for (unsigned i = 0; i < command.inputs.size(); ++i)
    command.body.push_back({VectorOpcode::Load, uint8_t(i), 0, 0, 0, i});
  command.body.push_back({VectorOpcode::ExpF, 0, 0, 0, 0, 0});
  VectorOutput output;
  output.descriptor = local(65536, i8, {30, 1});
  command.outputs = {output};
  return command;
}

TEST(GridTimingTest, OperandsCountNotInstructions) {
  MachineDescription machine = makeFixedFunction();
  Descriptor whole = local(0, i8, {30, 1}), row = local(0, i8, {0, 1});
  EXPECT_EQ(getTime(makeVector({whole}), machine).computeCycles, 6u);
  EXPECT_EQ(getTime(makeVector({whole, whole}), machine).computeCycles, 12u);
  // What is broadcast is free, but no output is.
  EXPECT_EQ(getTime(makeVector({whole, row}), machine).computeCycles, 6u);
  EXPECT_EQ(getTime(makeVector({row}), machine).computeCycles, 6u);
  EXPECT_EQ(getTime(makeVector({}), machine).computeCycles, 6u);
}

// Windows of 3 x 3 over 8 x 8 pixels: nine operands an output, weights free.
TEST(GridTimingTest, PoolingTakesItsWindow) {
  MachineDescription machine = makeFixedFunction();
  VectorCommand command =
      makeVector({local(0, i8, {8, 1, 8, 1}), local(512, i8, {0, 0, 3, 1})});
  command.sizes = {6, 6, 3, 3};
  command.numReductionDims = 2;
  command.outputs[0].descriptor.strides = {6, 1};
  EngineTime time = getTime(command, machine);
  EXPECT_EQ(time.vectorOperations, 36u * 9);
  EXPECT_EQ(time.computeCycles, 7u);         // ceil(324 / 50)
  EXPECT_EQ(time.localBytes, 64u + 12 + 36); // words of 4
  EXPECT_EQ(time.readCycles + time.writeCycles, 0u);
  machine.vector.fixedFunction->usesBanks = true;
  time = getTime(command, machine);
  EXPECT_EQ(time.readCycles, 5u);  // ceil((64 + 9 in words of 4) / 16)
  EXPECT_EQ(time.writeCycles, 5u); // ceil(36 / 8)
  // A residual that the finish adds is one operand more an output.
  command.inputs.push_back(local(1024, i8, {6, 1, 0, 0}));
  EXPECT_EQ(getTime(command, machine).vectorOperations, 36u * 10);
}

/// A tensor command of `cycles` cycles on a machine with an array of 8.
TensorCommand makeTensor(uint32_t cycles) {
  TensorCommand command;
  command.reduction = {1, 1, 8 * cycles};
  command.activation = local(0, i8, {0, 0, 0, 0, 0, 1});
  command.weight = local(65536, i8, {0, 0, 1, 0});
  command.output = local(131072, ElementType::I32, {});
  return command;
}

VectorCommand makeCopy(uint32_t elements) {
  VectorCommand command = makeVector({local(262144, i8, {1})});
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  command.sizes = {elements};
  command.outputs[0].descriptor = local(524288, i8, {1});
  command.outputs[0].isFloat = false;
  return command;
}

// Each engine has two commands ready. They take turns, none overlap, and the
// path goes through all of them.
TEST(GridTimingTest, EnginesThatExcludeEachOtherTakeTurns) {
  TestProgram test;
  test.machine = makeFixedFunction();
  test.machine.local.readBytesPerCycle = 256;
  test.machine.vector.commandSeconds = 0;
  test.machine.tensor.commandSeconds = 0;
  test.machine.tensor.fillCycles = 0;
  for (unsigned i = 0; i < 2; ++i) {
    test.addTensor(makeTensor(1000));
    test.addVector(makeCopy(5000)); // 100 cycles
  }
  std::vector<uint64_t> starts[2];
  SimulationOptions options;
  options.onCommand = [&](const CommandEvent &event) {
    starts[event.queue].push_back(event.startFs / 1'000'000);
  };
  SimulationResult result = test.runOrFail(options);
  EXPECT_EQ(result.latencyFs, 2200u * 1'000'000);
  EXPECT_EQ(starts[0], (std::vector<uint64_t>{0, 1100}));
  EXPECT_EQ(starts[1], (std::vector<uint64_t>{1000, 2100}));
  EXPECT_EQ(result.criticalPathFs[unsigned(TimeCategory::Compute)],
            2200u * 1'000'000);
  EXPECT_EQ(result.queueBusyFs,
            (std::vector<uint64_t>{2000u * 1'000'000, 200u * 1'000'000}));

  test.machine.vector.fixedFunction->excludesTensor = false;
  EXPECT_EQ(test.runOrFail().latencyFs, 2000u * 1'000'000);
}

} // namespace
