//===- GemmTilingTest.cpp - Tests of the least traffic of products --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/GemmTiling.h"

#include "gtest/gtest.h"

using namespace garam;

namespace {

struct Row {
  GemmShape shape;
  uint64_t buffer;
  double bound; // in millions, as the next
  double least;
  uint64_t height, width; // 0: several tiles are as good
};

constexpr uint64_t KiB = 1024, MiB = 1024 * KiB;

// One byte an element, one copy of everything.
const Row rows[] = {
    {{4096, 4096, 4096}, 64 * KiB, 536.7, 570.4, 205, 317},
    {{4096, 4096, 4096}, 384 * KiB, 218.4, 251.7, 456, 859},
    {{4096, 4096, 4096}, 1 * MiB, 132.1, 167.8, 683, 1532},
    {{4096, 4096, 4096}, 8 * MiB, 50.3, 83.9, 1366, 4096},
    {{2048, 12288, 12288}, 1 * MiB, 601.9, 654.3, 1024, 1022},
    {{2048, 49152, 12288}, 1 * MiB, 2413.8, 2541.7, 1024, 1022},
    {{512, 3072, 768}, 64 * KiB, 9.31, 11.40, 256, 254},
    {{512, 3072, 768}, 1 * MiB, 4.33, 4.33, 0, 0},
    {{784, 128, 1152}, 64 * KiB, 1.151, 1.298, 0, 0},
};

TEST(GemmTilingTest, RectanglesAndTheBound) {
  for (const Row &row : rows) {
    SCOPED_TRACE(testing::Message() << row.shape.rows << " x "
                                    << row.shape.columns << ", " << row.buffer);
    GemmBuffer buffer;
    buffer.bytes = row.buffer;
    std::optional<GemmTile> tile = findLeastTraffic(row.shape, buffer);
    ASSERT_TRUE(tile.has_value());
    // Half of the last digit that is given.
    double digit = row.bound < 10 ? 0.005 : 0.05;
    EXPECT_NEAR(getTrafficBound(row.shape, row.buffer) / 1e6, row.bound, digit);
    EXPECT_NEAR(double(tile->trafficBytes) / 1e6, row.least, digit);
    EXPECT_LE(getTrafficBound(row.shape, row.buffer),
              double(tile->trafficBytes));
    if (row.height == 0)
      continue;
    EXPECT_EQ(tile->stationary, Stationary::Output);
    EXPECT_EQ(tile->height, row.height);
    EXPECT_EQ(tile->width, row.width);
  }
}

TEST(GemmTilingTest, WhatFitsMovesOnce) {
  GemmBuffer buffer;
  buffer.bytes = MiB;
  buffer.sumBytes = 4;
  EXPECT_EQ(findLeastTraffic({64, 64, 64}, buffer)->trafficBytes, 3u * 64 * 64);
  EXPECT_EQ(getCompulsoryTraffic({64, 64, 64}, buffer), 3u * 64 * 64);
}

// 8 x 8 x 8 with 100 bytes and sums of 4 bytes. A tile of sums has 4 rows and 5
// columns (80 + 4 + 5 bytes), for which both operands come twice. Of the
// weights, 8 x 7 stay beside 8 inputs and 7 sums (56 + 8 + 28 bytes): inputs
// come twice, weights once.
TEST(GemmTilingTest, SumsAreWider) {
  GemmBuffer buffer;
  buffer.bytes = 100;
  buffer.sumBytes = 4;
  GemmTile tile = *findLeastTraffic({8, 8, 8}, buffer);
  EXPECT_EQ(tile.stationary, Stationary::Weight);
  EXPECT_EQ(tile.height, 8u);
  EXPECT_EQ(tile.width, 7u);
  EXPECT_EQ(tile.trafficBytes, 64u + 2 * 64 + 64);
}

// 8 x 8 x 8 with 100 bytes, sums of their own memory: a tile of results has
// one byte an element (8 x 8 + 8 + 8 bytes), so that everything moves once; of
// 40 sums it has at most 5 rows, and the weights come twice.
TEST(GemmTilingTest, SumsOfTheirOwn) {
  GemmBuffer buffer;
  buffer.bytes = 100;
  buffer.sumCapacity = 64;
  EXPECT_EQ(findLeastTraffic({8, 8, 8}, buffer)->trafficBytes, 3u * 64);
  buffer.sumCapacity = 40;
  buffer.bytes = 70; // no factor stays as a whole
  GemmTile tile = *findLeastTraffic({8, 8, 8}, buffer);
  EXPECT_EQ(tile.stationary, Stationary::Output);
  EXPECT_EQ(tile.height, 4u);
  EXPECT_EQ(tile.width, 8u);
  EXPECT_EQ(tile.trafficBytes, 64u + 64 + 2 * 64);
}

// A factor that stays needs two copies if it has several tiles: of the weights
// 8 x 8 fit beside a row of inputs and of results, but not 8 x 7 twice. Scales
// of the columns take room, too.
TEST(GemmTilingTest, CopiesOfWhatStays) {
  GemmBuffer buffer;
  buffer.bytes = 8 * 8 + 8 + 8;
  buffer.sumCapacity = 1;
  buffer.operandBuffers = 2;
  GemmTile tile = *findLeastTraffic({16, 8, 8}, buffer);
  EXPECT_EQ(tile.stationary, Stationary::Weight);
  EXPECT_EQ(tile.width, 8u);
  EXPECT_EQ(tile.trafficBytes, 16u * 8 + 8 * 8 + 16 * 8);
  buffer.columnBytes = 1;
  tile = *findLeastTraffic({16, 8, 8}, buffer);
  EXPECT_EQ(tile.width, (80u - 8) / (2 * 8 + 1 + 1));
}

// With two copies of the streams the tile gets smaller, with grains too.
TEST(GemmTilingTest, BuffersAndGrains) {
  GemmBuffer buffer;
  buffer.bytes = 64 * KiB;
  uint64_t single = findLeastTraffic({512, 3072, 768}, buffer)->trafficBytes;
  buffer.streamBuffers = 2;
  GemmTile tile = *findLeastTraffic({512, 3072, 768}, buffer);
  EXPECT_GE(tile.trafficBytes, single);
  EXPECT_LE(tile.height * tile.width + 2 * (tile.height + tile.width),
            buffer.bytes);
  buffer.rowGrain = buffer.columnGrain = 32;
  tile = *findLeastTraffic({512, 3072, 768}, buffer);
  EXPECT_EQ(tile.height % 32, 0u);
  EXPECT_EQ(tile.width % 32, 0u);
  EXPECT_GT(tile.trafficBytes, single);
  // Streams are as deep as a pass over the array.
  uint64_t shallow = tile.trafficBytes;
  buffer.reductionGrain = 64;
  tile = *findLeastTraffic({512, 3072, 768}, buffer);
  EXPECT_LE(tile.height * tile.width + 2 * 64 * (tile.height + tile.width),
            buffer.bytes);
  EXPECT_GT(tile.trafficBytes, shallow);
}

TEST(GemmTilingTest, NothingFits) {
  GemmBuffer buffer;
  buffer.bytes = 2;
  EXPECT_FALSE(findLeastTraffic({8, 8, 8}, buffer).has_value());
  buffer.bytes = 3;
  EXPECT_TRUE(findLeastTraffic({8, 8, 8}, buffer).has_value());
  buffer.bytes = 1000;
  buffer.rowGrain = buffer.columnGrain = buffer.reductionGrain = 32;
  EXPECT_FALSE(findLeastTraffic({64, 64, 64}, buffer).has_value());
}

} // namespace
