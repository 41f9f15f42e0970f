//===- MemoryPlannerTest.cpp - Addresses of buffers -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/MemoryPlanner.h"

#include "gtest/gtest.h"

#include <random>
#include <vector>

using namespace garam;

namespace {

constexpr uint64_t alignment = 64;

TEST(MemoryPlanner, ReusesTheSmallestGap) {
  MemoryPlanner planner(alignment);
  uint64_t large = planner.allocate(1000), wall = planner.allocate(64);
  uint64_t small = planner.allocate(100), end = planner.allocate(1);
  planner.release(large, 1000);
  planner.release(small, 100);
  EXPECT_EQ(planner.allocate(70), small);
  EXPECT_EQ(planner.allocate(70), large);
  planner.release(wall, 64);
  planner.release(end, 1);
  EXPECT_EQ(planner.getSize(), 1024u + 64 + 128 + 64);
}

TEST(MemoryPlanner, JoinsGaps) {
  MemoryPlanner planner(alignment);
  uint64_t a = planner.allocate(64), b = planner.allocate(64),
           c = planner.allocate(64);
  planner.release(a, 64);
  planner.release(c, 64);
  planner.release(b, 64);
  EXPECT_EQ(planner.allocate(192), a);
  EXPECT_EQ(planner.getSize(), 192u);
}

// Live buffers never share a byte, whatever comes and goes.
TEST(MemoryPlanner, LiveBuffersAreDisjoint) {
  struct Buffer {
    uint64_t offset, size;
  };
  MemoryPlanner planner(alignment);
  std::vector<Buffer> live;
  std::mt19937 random(1);
  for (unsigned i = 0; i < 2000; ++i) {
    if (!live.empty() && random() % 2) {
      size_t victim = random() % live.size();
      planner.release(live[victim].offset, live[victim].size);
      live.erase(live.begin() + victim);
      continue;
    }
    uint64_t size = random() % 300;
    uint64_t offset = planner.allocate(size);
    EXPECT_EQ(offset % alignment, 0u);
    EXPECT_LE(offset + size, planner.getSize());
    for (const Buffer &other : live)
      EXPECT_TRUE(offset + size <= other.offset ||
                  other.offset + other.size <= offset);
    live.push_back({offset, size});
  }
}

} // namespace
