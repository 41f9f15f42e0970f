//===- ByteRegionTest.cpp - Bytes that an operand touches -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Regions against the plain definition: a walk over all elements.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/ByteRegion.h"

#include "RandomProgram.h"
#include "gtest/gtest.h"

#include <set>

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

using Bytes = std::set<int64_t>;

/// The bytes of a region, one by one.
Bytes enumerate(const ByteRegion &region) {
  Bytes bytes = {region.base};
  for (const ByteRegion::Dim &dim : region.dims) {
    Bytes next;
    for (int64_t byte : bytes)
      for (int64_t i = 0; i < dim.count; ++i)
        next.insert(byte + dim.stride * i);
    bytes = std::move(next);
  }
  Bytes result;
  for (int64_t byte : bytes)
    for (int64_t t = 0; t < region.width; ++t)
      result.insert(byte + t);
  return result;
}

/// The bytes of a descriptor's walk, by the definition of guards.
Bytes walk(const Descriptor &descriptor, llvm::ArrayRef<uint32_t> sizes,
           unsigned elementBytes) {
  Bytes result;
  std::array<uint32_t, maxDims> index = {};
  while (true) {
    int64_t byte = descriptor.address.offset;
    for (unsigned d = 0; d < sizes.size(); ++d)
      byte += descriptor.strides[d] * index[d];
    bool isInside = llvm::all_of(descriptor.guards, [&](const Guard &guard) {
      int64_t coordinate = guard.start;
      for (unsigned d = 0; d < sizes.size(); ++d)
        coordinate += int64_t(guard.coefficients[d]) * index[d];
      return coordinate >= 0 && coordinate < guard.extent;
    });
    if (isInside)
      for (unsigned t = 0; t < elementBytes; ++t)
        result.insert(byte + t);
    unsigned d = sizes.size();
    while (d > 0 && ++index[d - 1] == sizes[d - 1])
      index[--d] = 0;
    if (d == 0)
      return result;
  }
}

bool meets(const Bytes &a, const Bytes &b) {
  return llvm::any_of(a, [&](int64_t byte) { return b.count(byte); });
}

struct Operand {
  Descriptor descriptor;
  llvm::SmallVector<uint32_t, maxDims> sizes;
  unsigned elementBytes;
};

Operand makeOperand(Random &random) {
  Operand operand;
  operand.sizes.resize(random.below(maxDims + 1));
  operand.elementBytes = 1 << random.below(3);
  operand.descriptor.address.offset = random.below(100);
  for (unsigned d = 0; d < operand.sizes.size(); ++d) {
    operand.sizes[d] = 1 + random.below(5);
    operand.descriptor.strides[d] = int(random.below(60)) - 20;
  }
  return operand;
}

ByteRegion getRegion(const Operand &operand) {
  return garam::npu::getRegion(Program(), operand.descriptor, operand.sizes,
                               operand.elementBytes, {});
}

Bytes walk(const Operand &operand) {
  return walk(operand.descriptor, operand.sizes, operand.elementBytes);
}

// Regions of random walks of up to six dimensions hold exactly the bytes of the
// walk, and two of them overlap exactly when the walks share a byte.
TEST(ByteRegion, RandomWalks) {
  unsigned numOverlaps = 0, numInterleaved = 0;
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Operand a = makeOperand(random), b = makeOperand(random);
    ByteRegion x = getRegion(a), y = getRegion(b);
    Bytes bytes = walk(a), others = walk(b);
    ASSERT_EQ(enumerate(x), bytes);
    EXPECT_EQ(x.getBegin(), *bytes.begin());
    EXPECT_EQ(x.getEnd(), *bytes.rbegin() + 1);
    for (int64_t byte = x.getBegin() - 2; byte < x.getEnd() + 2; ++byte)
      ASSERT_EQ(x.contains(byte), bytes.count(byte) != 0);
    bool shares = meets(bytes, others);
    ASSERT_EQ(overlap(x, y), shares);
    numOverlaps += shares;
    numInterleaved +=
        !shares && x.getBegin() < y.getEnd() && y.getBegin() < x.getEnd();
  }
  EXPECT_GT(numOverlaps, 100u);
  EXPECT_GT(numInterleaved, 100u);
}

// Two cores that write alternate channel blocks of one tensor do not touch the
// same bytes.
TEST(ByteRegion, InterleavedChannels) {
  Operand even, odd;
  even.sizes = odd.sizes = {56, 56, 32};
  even.elementBytes = odd.elementBytes = 2;
  even.descriptor.strides = odd.descriptor.strides = {56 * 128, 128, 2};
  odd.descriptor.address.offset = 64;
  EXPECT_FALSE(overlap(getRegion(even), getRegion(odd)));
  odd.descriptor.address.offset = 62;
  EXPECT_TRUE(overlap(getRegion(even), getRegion(odd)));
}

// The answer for regions of 2^40 elements needs no enumeration.
TEST(ByteRegion, HugeWalks) {
  Operand a, b;
  a.sizes = b.sizes = {1u << 20, 1u << 20};
  a.elementBytes = b.elementBytes = 1;
  a.descriptor.strides = b.descriptor.strides = {int64_t(1) << 22, 4};
  for (int64_t offset : {1, 2, 3, 5, 1 << 21}) {
    b.descriptor.address.offset = offset;
    EXPECT_EQ(overlap(getRegion(a), getRegion(b)), offset % 4 == 0);
  }
}

// A convolution's window: the rows of the padding are not touched, so the
// region is the rows of the tensor that the tile reads.
TEST(ByteRegion, GuardedWindow) {
  Operand window;
  window.sizes = {4, 3}; // output rows, kernel rows
  window.elementBytes = 16;
  window.descriptor.strides = {32, 16};
  window.descriptor.address.offset = 1000 - 16; // row -1
  window.descriptor.guards.push_back({-1, 8, {2, 1}, {}});
  ByteRegion region = getRegion(window);
  EXPECT_EQ(region.getBegin(), 1000);
  EXPECT_EQ(region.getEnd(), 1000 + 8 * 16);
  EXPECT_EQ(enumerate(region), walk(window));
}

TEST(ByteRegion, GuardExcludesEverything) {
  Operand window;
  window.sizes = {4};
  window.elementBytes = 1;
  window.descriptor.strides = {1};
  window.descriptor.guards.push_back({10, 10, {1}, {}});
  EXPECT_TRUE(getRegion(window).empty());
}

// Random guards along windows (address in proportion to the coordinate) and
// elsewhere: no touched byte is missed. Along windows, first and last byte are
// exact.
TEST(ByteRegion, RandomGuards) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Operand operand = makeOperand(random);
    if (operand.sizes.size() < 4)
      continue;
    bool isWindow = random.flip();
    for (unsigned g = 0; g < 1 + random.below(2); ++g) {
      Guard guard;
      guard.start = int(random.below(10)) - 6;
      guard.extent = 1 + random.below(10);
      for (unsigned d = 2 * g; d < 2 * g + 2; ++d) {
        guard.coefficients[d] = int(random.below(7)) - 3;
        if (isWindow)
          operand.descriptor.strides[d] =
              guard.coefficients[d] * int64_t(7 + g * 30);
      }
      operand.descriptor.guards.push_back(guard);
    }
    ByteRegion region = getRegion(operand);
    Bytes bytes = walk(operand);
    if (isWindow)
      ASSERT_EQ(region.empty(), bytes.empty());
    if (bytes.empty())
      continue;
    if (isWindow) {
      EXPECT_EQ(region.getBegin(), *bytes.begin());
      EXPECT_EQ(region.getEnd(), *bytes.rbegin() + 1);
    }
    for (int64_t byte : bytes)
      ASSERT_TRUE(region.contains(byte));
  }
}

// An address that depends on a launch parameter stands for all its values.
TEST(ByteRegion, LaunchParameter) {
  Program program;
  program.parameters.push_back({"position", 9});
  Operand row;
  row.sizes = {4};
  row.descriptor.strides = {1};
  row.descriptor.address.parameter = 0;
  row.descriptor.address.parameterStride = 8;
  ByteRegion region =
      garam::npu::getRegion(program, row.descriptor, row.sizes, 1, {});
  EXPECT_EQ(region.getEnd(), 9 * 8 + 4);
  EXPECT_TRUE(region.contains(40));
  EXPECT_FALSE(region.contains(44));
}

} // namespace
