//===- TensorEngineTest.cpp - Tensor commands against the reference ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "SimulatorTesting.h"

#include "gtest/gtest.h"

#include <random>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

constexpr uint32_t sramBytes = 1 << 18;
constexpr int64_t weightOffset = 1 << 16, biasOffset = 2 << 16,
                  scaleOffset = biasOffset + 8192,
                  residualOffset = biasOffset + 16384, outputOffset = 3 << 16;

bool isFloat(ElementType type) {
  return type >= ElementType::F16 && type != ElementType::Bool;
}

/// Small values of `type` from `offset` to `end`.
void fill(std::vector<uint8_t> &sram, ElementType type, int64_t offset,
          int64_t end, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-2, 2);
  unsigned width = getByteWidth(type);
  for (; offset + width <= end; offset += width) {
    uint64_t bits =
        isFloat(type) ? encodeFloat(type, uniform(random)) : random();
    std::memcpy(&sram[offset], &bits, width);
  }
}

/// SRAM with operands of the types that `command` has.
std::vector<uint8_t> makeSRAM(const TensorCommand &command) {
  std::vector<uint8_t> sram(sramBytes, 0);
  fill(sram, command.activation.type, 0, weightOffset, 1);
  fill(sram, command.weight.type, weightOffset, biasOffset, 2);
  fill(sram, command.bias.type, biasOffset, scaleOffset, 3);
  fill(sram, ElementType::F32, scaleOffset, residualOffset, 4);
  fill(sram, command.residual.type, residualOffset, outputOffset, 5);
  return sram;
}

/// Runs `commands` and compares the SRAM with what the reference makes of
/// `expected`.
void compare(llvm::ArrayRef<TensorCommand> commands,
             const TensorCommand &expected, unsigned threads = 0) {
  std::vector<uint8_t> sram = makeSRAM(expected);
  TestProgram test;
  test.machine.tensor.accumulatorBytes = 1 << 20;
  unsigned in = test.addSegment(sramBytes, SegmentRole::Input);
  unsigned out = test.addSegment(sramBytes, SegmentRole::Output);
  test.write(in, sram);
  test.addDMA(copyBytes(dram(in, ElementType::U8, {}),
                        local(0, ElementType::U8, {}), sramBytes));
  test.order(Engine::DMA, Engine::Tensor);
  for (const TensorCommand &command : commands)
    test.addTensor(command);
  test.order(Engine::Tensor, Engine::DMA);
  test.addDMA(copyBytes(local(0, ElementType::U8, {}),
                        dram(out, ElementType::U8, {}), sramBytes));
  SimulationOptions options;
  options.threads = threads;
  test.runOrFail(options);
  execute(expected, sram);
  ASSERT_EQ(test.read<uint8_t>(out), sram);
}

void compare(const TensorCommand &command) { compare({command}, command); }

/// rows x depth times depth x columns, all row-major.
TensorCommand makeProduct(ElementType type, uint32_t rows, uint32_t depth,
                          uint32_t columns, ElementType outputType) {
  int64_t width = getByteWidth(type), outputWidth = getByteWidth(outputType);
  TensorCommand command;
  command.rows = {1, rows, 1};
  command.reduction = {1, 1, depth};
  command.columns = columns;
  command.activation = local(0, type, {0, depth * width, 0, 0, 0, width});
  command.weight = local(weightOffset, type, {0, 0, columns * width, width});
  command.output = local(outputOffset, outputType,
                         {0, columns * outputWidth, 0, outputWidth});
  return command;
}

constexpr ElementType floatTypes[] = {ElementType::F16, ElementType::BF16,
                                      ElementType::F32, ElementType::F8E4M3,
                                      ElementType::F8E5M2};

/// Types of outputs and residuals.
constexpr ElementType epilogueTypes[] = {
    ElementType::I8,    ElementType::U8,  ElementType::I16,
    ElementType::U16,   ElementType::I32, ElementType::F16,
    ElementType::BF16,  ElementType::F32, ElementType::F8E4M3,
    ElementType::F8E5M2};

TEST(TensorEngineTest, FloatTypes) {
  for (ElementType type : floatTypes)
    for (ElementType output : epilogueTypes) {
      SCOPED_TRACE(getName(type).str() + " to " + getName(output).str());
      TensorCommand command = makeProduct(type, 7, 33, 21, output);
      if (!isFloat(output))
        command.outputZeroPoint = -3;
      compare(command);
    }
}

TEST(TensorEngineTest, IntegerTypes) {
  for (ElementType activation : {ElementType::I8, ElementType::U8})
    for (ElementType weight : {ElementType::I8, ElementType::U8})
      for (ElementType output : epilogueTypes) {
        SCOPED_TRACE(getName(activation).str() + " times " +
                     getName(weight).str() + " to " + getName(output).str());
        TensorCommand command = makeProduct(activation, 5, 40, 18, output);
        command.weight.type = weight;
        command.activationZeroPoint = activation == ElementType::U8 ? 131 : -3;
        command.weightZeroPoint = 5;
        if (!isFloat(output))
          command.outputZeroPoint = output == ElementType::I32 ? 0 : 7;
        compare(command);
      }
}

// Floats and integers, each with residuals and biases of each type.
TEST(TensorEngineTest, ResidualTypes) {
  for (ElementType type : {ElementType::F16, ElementType::U8})
    for (ElementType residual : epilogueTypes) {
      SCOPED_TRACE(getName(type).str() + " plus " + getName(residual).str());
      TensorCommand command = makeProduct(type, 6, 24, 20, ElementType::F32);
      command.hasBias = command.hasResidual = true;
      command.bias = local(biasOffset, ElementType::F32, {4});
      int64_t width = getByteWidth(residual);
      command.residual =
          local(residualOffset, residual, {0, 20 * width, 0, width});
      command.residualScale = 0.75f;
      if (!isFloat(residual))
        command.residualZeroPoint = 11;
      compare(command);
    }
}

// Larger than one panel in each direction: rows, reduction and columns.
TEST(TensorEngineTest, LargeProducts) {
  compare(makeProduct(ElementType::F16, 101, 70, 300, ElementType::F16));
  compare(makeProduct(ElementType::BF16, 13, 1100, 29, ElementType::F32));
  compare(makeProduct(ElementType::I8, 1, 1300, 45, ElementType::I32));
}

// Large enough for several threads, whose number changes no bit.
TEST(TensorEngineTest, ThreadsDoNotChangeResults) {
  TensorCommand command =
      makeProduct(ElementType::F16, 200, 100, 160, ElementType::F16);
  for (unsigned threads : {1, 2, 3})
    compare({command}, command, threads);
}

TEST(TensorEngineTest, WeightsWithContiguousReduction) {
  TensorCommand command =
      makeProduct(ElementType::BF16, 9, 600, 50, ElementType::F32);
  command.weight.strides = {0, 0, 2, 1200};
  compare(command);
}

// A convolution 3 x 3 with padding 1 and stride 2 over an image of 9 x 7 with 5
// channels, in the order of rows, columns, channels.
TEST(TensorEngineTest, ConvolutionWithPadding) {
  for (ElementType type : {ElementType::F16, ElementType::U8}) {
    int64_t width = getByteWidth(type);
    int64_t pixel = 5 * width, line = 7 * pixel;
    TensorCommand command;
    command.rows = {2, 5, 4}; // two images
    command.reduction = {3, 3, 5};
    command.columns = 19;
    command.activation =
        local(4096 - line - pixel, type,
              {9 * line, 2 * line, 2 * pixel, line, pixel, width});
    command.activation.guards = {Guard{-1, 9, {0, 2, 0, 1, 0, 0}, {}},
                                 Guard{-1, 7, {0, 0, 2, 0, 1, 0}, {}}};
    command.activation.fill = type == ElementType::U8 ? 128 : 0;
    command.activationZeroPoint = type == ElementType::U8 ? 128 : 0;
    command.weight =
        local(weightOffset, type,
              {15 * 19 * width, 5 * 19 * width, 19 * width, width});
    command.output = local(outputOffset, ElementType::F32,
                           {20 * 19 * 4, 4 * 19 * 4, 19 * 4, 4});
    compare(command);
  }
}

TEST(TensorEngineTest, EpilogueOfFloats) {
  for (ElementType residual : floatTypes) {
    TensorCommand command =
        makeProduct(ElementType::BF16, 6, 24, 20, ElementType::F16);
    command.hasBias = command.hasScale = command.hasResidual =
        command.hasClamp = true;
    command.bias = local(biasOffset, ElementType::F32, {4});
    command.scale = local(scaleOffset, ElementType::F32, {4});
    int64_t width = getByteWidth(residual);
    command.residual =
        local(residualOffset, residual, {0, 20 * width, 0, width});
    command.residualScale = 0.75f;
    command.clampLow = 0;
    command.clampHigh = 6;
    compare(command);
  }
}

TEST(TensorEngineTest, EpilogueOfIntegers) {
  for (ElementType bias : {ElementType::I32, ElementType::F32})
    for (ElementType residual : {ElementType::I8, ElementType::U8}) {
      TensorCommand command =
          makeProduct(ElementType::I8, 6, 24, 20, ElementType::U8);
      command.activationZeroPoint = 9;
      command.hasBias = command.hasScale = command.hasResidual = true;
      command.bias = local(biasOffset, bias, {4});
      command.scale = local(scaleOffset, ElementType::F32, {4});
      command.residual = local(residualOffset, residual, {0, 20, 0, 1});
      command.residualZeroPoint = -7;
      command.residualScale = 0.3f;
      command.outputZeroPoint = 128;
      compare(command);
    }
}

// The result is quantised before a tensor is added and again after it.
TEST(TensorEngineTest, EpilogueThatRequantizes) {
  for (ElementType type : {ElementType::I8, ElementType::F16})
    for (ElementType output : {ElementType::U8, ElementType::F32}) {
      TensorCommand command = makeProduct(type, 6, 24, 20, output);
      command.hasBias = command.hasScale = command.hasRequantization =
          command.hasResidual = command.hasClamp = true;
      command.bias = local(biasOffset, ElementType::F32, {4});
      command.scale = local(scaleOffset, ElementType::F32, {4});
      command.requantizationLow = -100;
      command.requantizationHigh = 155;
      command.requantizationScale = 0.031f;
      command.residual = local(residualOffset, ElementType::I8, {0, 20, 0, 1});
      command.residualZeroPoint = 12;
      command.residualScale = 0.07f;
      command.clampHigh = 6;
      command.outputScale = 0.023f;
      if (output == ElementType::U8)
        command.outputZeroPoint = 3;
      compare(command);
    }
}

TEST(TensorEngineTest, Int32BiasAndSumStayExact) {
  TensorCommand command =
      makeProduct(ElementType::I8, 3, 200, 20, ElementType::I32);
  command.hasBias = true;
  command.bias = local(biasOffset, ElementType::I32, {4});
  compare(command);
}

// A reduction in two commands continues in the accumulators with the same order
// of additions as in one.
TEST(TensorEngineTest, AccumulatesOverCommands) {
  for (ElementType type : {ElementType::BF16, ElementType::I8}) {
    TensorCommand whole = makeProduct(
        type, 8, 64, 20,
        type == ElementType::I8 ? ElementType::I32 : ElementType::F32);
    int64_t width = getByteWidth(type);
    TensorCommand first = whole, second = whole;
    first.reduction[2] = 40;
    first.store = false;
    second.reduction[2] = 24;
    second.accumulate = true;
    second.activation.address.offset += 40 * width;
    second.weight.address.offset += 40 * 20 * width;
    compare({first, second}, whole);
  }
}

} // namespace
