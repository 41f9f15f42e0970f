//===- VectorEngineTest.cpp - Vector commands against the reference ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "SimulatorTesting.h"

#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

constexpr uint32_t sramBytes = 1 << 16;

/// Runs `command` on an SRAM that is filled from `initial` and compares all of
/// it with what the reference makes of it.
void compare(const VectorCommand &command, std::vector<uint8_t> initial) {
  TestProgram test;
  unsigned in = test.addSegment(sramBytes, SegmentRole::Input);
  unsigned out = test.addSegment(sramBytes, SegmentRole::Output);
  test.write(in, initial);
  test.addDMA(copyBytes(dram(in, ElementType::U8, {}),
                        local(0, ElementType::U8, {}), sramBytes));
  test.order(Engine::DMA, Engine::Vector);
  test.addVector(command);
  test.order(Engine::Vector, Engine::DMA);
  test.addDMA(copyBytes(local(0, ElementType::U8, {}),
                        dram(out, ElementType::U8, {}), sramBytes));
  test.runOrFail();
  garam::npu::testing::execute(command, initial);
  ASSERT_EQ(test.read<uint8_t>(out), initial);
}

std::vector<uint8_t> makeRandomBytes(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(sramBytes);
  for (uint8_t &byte : bytes)
    byte = random();
  return bytes;
}

/// f32 and i32 values that meet every special case against each other.
std::vector<uint32_t> getInterestingBits(bool isFloat) {
  std::vector<uint32_t> bits;
  if (!isFloat)
    return {0,          1,
            2,          7,
            31,         32,
            33,         0x7FFFFFFF,
            0x80000000, 0x80000001,
            0xFFFFFFFF, 0xFFFFFFFE,
            1000000,    uint32_t(-1000000),
            0x12345678};
  for (float value : {0.0f,  -0.0f, 1.0f,     -1.0f,    0.5f,        1.5f, 2.5f,
                      -2.5f, 3.0f,  1e-40f,   INFINITY, -INFINITY,   NAN,  3e9f,
                      -3e9f, 1e38f, 65519.0f, 65520.0f, 1.00390625f, 7.75f}) {
    uint32_t b;
    std::memcpy(&b, &value, 4);
    bits.push_back(b);
  }
  return bits;
}

bool isFunction(VectorOpcode opcode) {
  return opcode >= VectorOpcode::ExpF && opcode <= VectorOpcode::SigmoidF;
}

bool readsFloats(VectorOpcode opcode) {
  return (opcode >= VectorOpcode::AddF && opcode < VectorOpcode::AddI) ||
         opcode == VectorOpcode::CmpF || opcode == VectorOpcode::F32ToI32 ||
         opcode == VectorOpcode::RoundBF16 || opcode == VectorOpcode::RoundF16;
}

// Every operation that the ISA has, on all pairs of special values; results are
// stored as integers, so that each bit counts. (FunctionsTest has the
// functions, which are approximate.)
TEST(VectorEngineTest, OperationsOnSpecialValues) {
  unsigned numTested = 0;
  for (unsigned number = 0; number < 256; ++number) {
    auto opcode = static_cast<VectorOpcode>(number);
    const VectorOpcodeInfo *info = getInfo(opcode);
    if (!info || isFunction(opcode) || opcode == VectorOpcode::Load ||
        opcode == VectorOpcode::Index)
      continue;
    std::vector<uint32_t> values = getInterestingBits(readsFloats(opcode));
    uint32_t count = values.size();
    std::vector<uint8_t> sram(sramBytes, 0);
    std::memcpy(sram.data(), values.data(), count * 4);

    bool hasPredicate = info->immediate == ImmediateKind::Predicate;
    for (uint32_t predicate = 0;
         predicate < (hasPredicate ? numComparePredicates : 1); ++predicate) {
      VectorCommand command;
      command.sizes = {3, count, count};
      command.inputs = {local(0, ElementType::I32, {0, 4, 0}),
                        local(0, ElementType::I32, {0, 0, 4}),
                        local(4, ElementType::I32, {4, 0, 0})};
      VectorInstruction operation = {opcode, 3, 0, 0, 0, 0};
      if (info->numSources > 1)
        operation.b = 1;
      if (info->numSources > 2)
        operation.c = 2;
      if (hasPredicate)
        operation.immediate = predicate;
      else if (info->immediate == ImmediateKind::Bits)
        operation.immediate = 0x3FC00000;
      command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0},
                      {VectorOpcode::Load, 1, 0, 0, 0, 1},
                      {VectorOpcode::Load, 2, 0, 0, 0, 2},
                      operation};
      VectorOutput output;
      output.descriptor =
          local(4096, ElementType::I32, {count * count * 4, count * 4, 4});
      output.source = 3;
      output.isFloat = false;
      command.outputs = {output};
      SCOPED_TRACE(info->name.str() + " " + std::to_string(predicate));
      compare(command, sram);
    }
    ++numTested;
  }
  EXPECT_EQ(numTested, 36u);
}

// Loads widen every element type, stores narrow to it, from float and from
// integer registers.
TEST(VectorEngineTest, ElementTypes) {
  for (unsigned from = 0; from < numElementTypes; ++from)
    for (unsigned to = 0; to < numElementTypes; ++to) {
      auto fromType = static_cast<ElementType>(from);
      auto toType = static_cast<ElementType>(to);
      bool isFloat =
          (fromType >= ElementType::F16 && fromType != ElementType::Bool);
      bool toFloat = toType >= ElementType::F16 && toType != ElementType::Bool;
      if ((isFloat && toType == ElementType::Bool) || (!isFloat && toFloat))
        continue; // the ISA has no such store
      VectorCommand command;
      command.sizes = {700};
      command.inputs = {local(0, fromType, {getByteWidth(fromType)})};
      command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
      VectorOutput output;
      output.descriptor = local(32768, toType, {getByteWidth(toType)});
      output.isFloat = isFloat;
      command.outputs = {output};
      SCOPED_TRACE(getName(fromType).str() + " to " + getName(toType).str());
      compare(command, makeRandomBytes(from * numElementTypes + to));
    }
}

TEST(VectorEngineTest, FloatsNearIntegersRoundToEven) {
  std::vector<float> values;
  for (int i = -300; i <= 300; ++i)
    values.push_back(i * 0.5f);
  std::vector<uint8_t> sram(sramBytes, 0);
  std::memcpy(sram.data(), values.data(), values.size() * 4);
  for (ElementType type :
       {ElementType::I8, ElementType::U8, ElementType::I64}) {
    VectorCommand command;
    command.sizes = {uint32_t(values.size())};
    command.inputs = {local(0, ElementType::F32, {4})};
    command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
    VectorOutput output;
    output.descriptor = local(8192, type, {getByteWidth(type)});
    command.outputs = {output};
    compare(command, sram);
  }
}

/// Sum over the last dimension of x * y, times 2.
VectorCommand makeReduction(Combiner combiner, llvm::ArrayRef<uint32_t> sizes,
                            unsigned numReductionDims) {
  bool isFloat = combiner < Combiner::AddI;
  ElementType type = isFloat ? ElementType::F32 : ElementType::I32;
  VectorCommand command;
  command.sizes.assign(sizes.begin(), sizes.end());
  command.numReductionDims = numReductionDims;
  Descriptor input = local(0, type, {}), output = local(32768, type, {});
  int64_t stride = 4;
  for (unsigned dim = sizes.size(); dim-- > 0; stride *= sizes[dim])
    input.strides[dim] = stride;
  stride = 4;
  for (unsigned dim = sizes.size() - numReductionDims; dim-- > 0;
       stride *= sizes[dim])
    output.strides[dim] = stride;
  command.inputs = {input};
  command.body = {{VectorOpcode::Load, 1, 0, 0, 0, 0}};
  command.reductions = {{combiner, 1, 2, isFloat ? 0x3F800000u : 3u}};
  command.finish = {
      {isFloat ? VectorOpcode::AddF : VectorOpcode::AddI, 3, 2, 2, 0, 0}};
  VectorOutput result;
  result.descriptor = output;
  result.source = 3;
  result.isFloat = isFloat;
  command.outputs = {result};
  return command;
}

// Float sums depend on their order: few and many parallel elements, which the
// simulator treats differently, must both sum in row-major order.
TEST(VectorEngineTest, ReductionsKeepTheirOrder) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0.5f, 1.5f);
  std::vector<float> values(8192);
  for (float &value : values)
    value = uniform(random);
  std::vector<uint8_t> sram(sramBytes, 0);
  std::memcpy(sram.data(), values.data(), values.size() * 4);
  for (unsigned combiner = 0; combiner < numCombiners; ++combiner) {
    auto kind = static_cast<Combiner>(combiner);
    SCOPED_TRACE(getName(kind).str());
    compare(makeReduction(kind, {1000}, 1), sram);
    compare(makeReduction(kind, {3, 7, 300}, 2), sram);
    compare(makeReduction(kind, {2, 3, 5, 11}, 2), sram);
    compare(makeReduction(kind, {600, 13}, 1), sram);
    compare(makeReduction(kind, {20, 40, 3, 3}, 2), sram);
  }
}

// Quantisation as it is stored: ties to even, saturation and NaN.
TEST(VectorEngineTest, OutputsThatQuantize) {
  std::vector<uint32_t> bits = getInterestingBits(/*isFloat=*/true);
  for (int i = -600; i <= 600; ++i)
    bits.push_back(llvm::bit_cast<uint32_t>(i * 0.25f));
  std::vector<uint8_t> sram(sramBytes, 0);
  std::memcpy(sram.data(), bits.data(), bits.size() * 4);
  for (ElementType type : {ElementType::I8, ElementType::U8, ElementType::I16})
    for (auto [scale, zeroPoint] :
         {std::pair(1.0f, 3), std::pair(0.5f, -128), std::pair(0.3f, 0)}) {
      SCOPED_TRACE(getName(type).str() + " over " + std::to_string(scale));
      VectorCommand command;
      command.sizes = {static_cast<uint32_t>(bits.size())};
      command.inputs = {local(0, ElementType::F32, {4})};
      command.body = {{VectorOpcode::Load, 2, 0, 0, 0, 0}};
      VectorOutput output;
      output.descriptor = local(32768, type, {getByteWidth(type)});
      output.source = 2;
      output.scale = scale;
      output.zeroPoint = zeroPoint;
      command.outputs = {output};
      compare(command, sram);
    }
}

// Sums that start from one element for each parallel one, blocked along either
// kind of dimension.
TEST(VectorEngineTest, ReductionsThatStartFromAnInput) {
  for (bool isLong : {false, true}) {
    VectorCommand command;
    command.sizes = {40, 20, 3};
    if (isLong)
      command.sizes = {2, 3, 500};
    int64_t length = command.sizes[2];
    command.numReductionDims = 1;
    command.inputs = {
        local(0, ElementType::I8, {command.sizes[1] * length, length, 1}),
        local(32768, ElementType::I32, {4})};
    command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
    command.reductions = {{Combiner::AddI, 0, 1, 0, /*initialInput=*/1}};
    VectorOutput output;
    output.descriptor = local(40960, ElementType::I32, {80, 4});
    output.source = 1;
    output.isFloat = false;
    command.outputs = {output};
    compare(command, makeRandomBytes(23));
  }
}

// A 3 x 3 average with padding: guards on both axes, their fill value.
TEST(VectorEngineTest, GuardsPutTheFillValueOutside) {
  for (ElementType type : {ElementType::F16, ElementType::I8}) {
    bool isFloat = type == ElementType::F16;
    unsigned width = getByteWidth(type);
    VectorCommand command;
    command.sizes = {5, 6, 4, 3, 3};
    command.numReductionDims = 2;
    // Input of 10 x 6 x 4, stride 2 along the rows, padding 1 around.
    int64_t pixel = 4 * width, row = 6 * pixel;
    Descriptor input =
        local(1024 - row - pixel, type, {2 * row, pixel, width, row, pixel});
    input.guards = {Guard{-1, 10, {2, 0, 0, 1, 0, 0}, {}},
                    Guard{-1, 6, {0, 1, 0, 0, 1, 0}, {}}};
    input.fill = -3;
    command.inputs = {input};
    command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
    command.reductions = {{isFloat ? Combiner::MaxF : Combiner::AddI, 0, 1, 0}};
    VectorOutput output;
    output.descriptor = local(8192, ElementType::I32, {6 * 16, 16, 4});
    output.source = 1;
    output.isFloat = isFloat;
    command.outputs = {output};
    compare(command, makeRandomBytes(11));
  }
}

TEST(VectorEngineTest, IndicesOfDimensions) {
  VectorCommand command;
  command.sizes = {4, 5, 30};
  command.numReductionDims = 1;
  command.body = {{VectorOpcode::Index, 0, 0, 0, 0, 0},
                  {VectorOpcode::Index, 1, 0, 0, 0, 2},
                  {VectorOpcode::MulI, 2, 0, 1, 0, 0}};
  command.reductions = {{Combiner::AddI, 2, 3, 0}};
  command.finish = {{VectorOpcode::Index, 4, 0, 0, 0, 1},
                    {VectorOpcode::AddI, 5, 3, 4, 0, 0}};
  VectorOutput output;
  output.descriptor = local(0, ElementType::I32, {20, 4});
  output.source = 5;
  output.isFloat = false;
  command.outputs = {output};
  compare(command, std::vector<uint8_t>(sramBytes, 0));
}

// In place, with broadcast operands and two outputs, over several blocks.
TEST(VectorEngineTest, BroadcastsInPlace) {
  VectorCommand command;
  command.sizes = {9, 100, 3};
  command.inputs = {local(0, ElementType::F32, {1200, 12, 4}),
                    local(16384, ElementType::F32, {0, 4, 0}),
                    local(20000, ElementType::F32, {0, 0, 0})};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0},
                  {VectorOpcode::Load, 1, 0, 0, 0, 1},
                  {VectorOpcode::Load, 2, 0, 0, 0, 2},
                  {VectorOpcode::FmaF, 3, 0, 1, 2, 0}};
  VectorOutput inPlace, narrow;
  inPlace.descriptor = local(0, ElementType::F32, {1200, 12, 4});
  inPlace.source = 3;
  narrow.descriptor = local(32768, ElementType::BF16, {2, 18, 1800});
  narrow.source = 0;
  command.outputs = {inPlace, narrow};
  compare(command, makeRandomBytes(5));
}

} // namespace
