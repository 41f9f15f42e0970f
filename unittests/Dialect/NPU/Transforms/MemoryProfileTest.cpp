//===- MemoryProfileTest.cpp - Peaks of memory profiles -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemoryProfile.h"

#include "gtest/gtest.h"

#include <random>

using namespace garam::npu;

namespace {

TEST(MemoryProfile, HoldsNothingAtFirst) {
  MemoryProfile profile(5);
  EXPECT_EQ(profile.getPeak(0, 5), 0);
}

TEST(MemoryProfile, HasNoPeakInAnEmptyRange) {
  MemoryProfile profile(5);
  profile.add(0, 5, 7);
  EXPECT_EQ(profile.getPeak(3, 3), 0);
}

TEST(MemoryProfile, AddsWhereRangesMeet) {
  MemoryProfile profile(10);
  profile.add(0, 6, 100);
  profile.add(4, 10, 50);
  EXPECT_EQ(profile.getPeak(0, 4), 100);
  EXPECT_EQ(profile.getPeak(4, 6), 150);
  EXPECT_EQ(profile.getPeak(6, 10), 50);
  EXPECT_EQ(profile.getPeak(0, 10), 150);
}

// Against a plain array, for any number of positions.
TEST(MemoryProfile, EqualsAnArray) {
  std::mt19937 random(7);
  for (size_t size : {1, 2, 13, 64}) {
    MemoryProfile profile(size);
    std::vector<int64_t> expected(size, 0);
    for (int step = 0; step < 200; ++step) {
      size_t begin = random() % size,
             end = begin + random() % (size - begin + 1);
      int64_t bytes = random() % 200;
      profile.add(begin, end, bytes);
      for (size_t i = begin; i < end; ++i)
        expected[i] += bytes;
      size_t first = random() % size,
             last = first + 1 + random() % (size - first);
      EXPECT_EQ(
          profile.getPeak(first, last),
          *std::max_element(expected.begin() + first, expected.begin() + last));
    }
  }
}

} // namespace
