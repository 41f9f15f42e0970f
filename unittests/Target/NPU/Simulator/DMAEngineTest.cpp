//===- DMAEngineTest.cpp - Tests of the data of DMA commands -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType u8 = ElementType::U8;

std::vector<uint8_t> makeBytes(unsigned count) {
  std::vector<uint8_t> bytes(count);
  for (unsigned i = 0; i < count; ++i)
    bytes[i] = i * 7 + 1;
  return bytes;
}

// A transposition of elements of each width, through descriptors of three
// dimensions.
TEST(DMAEngineTest, StridedCopies) {
  for (uint8_t width : {1, 2, 4, 8}) {
    TestProgram test;
    unsigned in = test.addSegment(24 * width, SegmentRole::Input);
    unsigned out = test.addSegment(24 * width, SegmentRole::Output);
    std::vector<uint8_t> bytes = makeBytes(24 * width);
    test.write(in, bytes);
    DMACommand command;
    command.sizes = {2, 3, 4};
    command.elementBytes = width;
    command.source = dram(in, u8, {12 * width, 4 * width, width});
    command.destination = dram(out, u8, {width, 2 * width, 6 * width});
    test.addDMA(command);
    test.runOrFail();
    std::vector<uint8_t> expected(bytes.size());
    for (unsigned i = 0; i < 2; ++i)
      for (unsigned j = 0; j < 3; ++j)
        for (unsigned k = 0; k < 4; ++k)
          std::memcpy(&expected[(i + 2 * j + 6 * k) * width],
                      &bytes[(12 * i + 4 * j + k) * width], width);
    EXPECT_EQ(test.read<uint8_t>(out), expected);
  }
}

TEST(DMAEngineTest, NegativeStridesAndBroadcasts) {
  TestProgram test;
  unsigned in = test.addSegment(4, SegmentRole::Input);
  unsigned out = test.addSegment(8, SegmentRole::Output);
  test.write<uint8_t>(in, {1, 2, 3, 4});
  DMACommand command;
  command.sizes = {2, 4};
  command.source = dram(in, u8, {0, -1}, 3);
  command.destination = dram(out, u8, {4, 1});
  test.addDMA(command);
  test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(out),
            (std::vector<uint8_t>{4, 3, 2, 1, 4, 3, 2, 1}));
}

TEST(DMAEngineTest, Fills) {
  TestProgram test;
  unsigned out = test.addSegment(12, SegmentRole::Output);
  DMACommand command;
  command.kind = DMAKind::Fill;
  command.sizes = {2, 2};
  command.elementBytes = 2;
  command.destination = dram(out, u8, {8, 2});
  command.fillBits = 0x1234;
  test.addDMA(command);
  test.runOrFail();
  EXPECT_EQ(test.read<uint16_t>(out),
            (std::vector<uint16_t>{0x1234, 0x1234, 0, 0, 0x1234, 0x1234}));
}

// Indices come from SRAM and are clamped to [0, limit).
TEST(DMAEngineTest, Gathers) {
  for (ElementType type : {ElementType::I32, ElementType::I64}) {
    TestProgram test;
    unsigned in = test.addSegment(24, SegmentRole::Input);
    unsigned list = test.addSegment(32, SegmentRole::Input);
    unsigned out = test.addSegment(24, SegmentRole::Output);
    test.write(in, makeBytes(24));
    const std::vector<int> indices = {2, -5, 100, 1};
    if (type == ElementType::I32)
      test.write(list, std::vector<int32_t>(indices.begin(), indices.end()));
    else
      test.write(list, std::vector<int64_t>(indices.begin(), indices.end()));
    test.addDMA(copyBytes(dram(list, u8, {}), local(64, u8, {}), 32));
    DMACommand command;
    command.kind = DMAKind::Gather;
    command.sizes = {4, 3};
    command.source = dram(in, u8, {3, 1});
    command.destination = dram(out, u8, {3, 1});
    command.indirection.dimension = 0;
    command.indirection.address = local(64, type, {}).address;
    command.indirection.type = type;
    command.indirection.limit = 8;
    test.addDMA(command);
    test.runOrFail();

    std::vector<uint8_t> bytes = makeBytes(24), expected(24, 0);
    const int clamped[] = {2, 0, 7, 1};
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned j = 0; j < 3; ++j)
        expected[i * 3 + j] = bytes[clamped[i] * 3 + j];
    EXPECT_EQ(test.read<uint8_t>(out), expected);
  }
}

// One read reaches the SRAM of several cores; each sends its copy back.
TEST(DMAEngineTest, Multicasts) {
  TestProgram test(4);
  unsigned in = test.addSegment(16, SegmentRole::Input);
  unsigned out = test.addSegment(64, SegmentRole::Output);
  std::vector<uint8_t> bytes = makeBytes(16);
  test.write(in, bytes);
  DMACommand command = copyBytes(dram(in, u8, {}), local(32, u8, {}), 16);
  command.multicast = 0b1101;
  test.addDMA(command);
  for (unsigned core : {0, 2, 3})
    test.addDMA(
        copyBytes(local(32, u8, {}, core), dram(out, u8, {}, core * 16), 16));
  test.runOrFail();
  std::vector<uint8_t> result = test.read<uint8_t>(out);
  for (unsigned core = 0; core < 4; ++core)
    EXPECT_EQ(std::vector<uint8_t>(result.begin() + core * 16,
                                   result.begin() + core * 16 + 16),
              core == 1 ? std::vector<uint8_t>(16, 0) : bytes);
}

TEST(DMAEngineTest, SharedMemory) {
  TestProgram test;
  unsigned in = test.addSegment(16, SegmentRole::Input);
  unsigned out = test.addSegment(16, SegmentRole::Output);
  test.write(in, makeBytes(16));
  Descriptor shared;
  shared.address.space = MemorySpace::Shared;
  shared.address.offset = 100;
  test.addDMA(copyBytes(dram(in, u8, {}), shared, 16));
  test.addDMA(copyBytes(shared, local(0, u8, {}), 16));
  test.addDMA(copyBytes(local(0, u8, {}), dram(out, u8, {}), 16));
  test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(out), makeBytes(16));
}

// What nothing has written reads as 0xFF, so as NaN.
TEST(DMAEngineTest, FreshMemoryShows) {
  TestProgram test;
  unsigned out = test.addSegment(8, SegmentRole::Output);
  test.addDMA(copyBytes(local(1000, u8, {}), dram(out, u8, {}), 8));
  test.runOrFail();
  EXPECT_EQ(test.read<uint8_t>(out), std::vector<uint8_t>(8, 0xFF));
}

} // namespace
