//===- MemoryOccupancyTest.cpp - Room in memories over commands -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemoryOccupancy.h"

#include "gtest/gtest.h"

using namespace garam::npu;

namespace {

TEST(MemoryOccupancy, HasRoomFromTheStart) {
  MemoryOccupancy memory(10, 100);
  EXPECT_EQ(memory.getRoom(0, 10, 100), 0.0);
  EXPECT_EQ(memory.getRoom(0, 10, 101), std::nullopt);
}

TEST(MemoryOccupancy, CountsBuffersOfTheRange) {
  MemoryOccupancy memory(10, 100);
  memory.hold(4, 6, 60);
  EXPECT_EQ(memory.getRoom(0, 4, 50), 0.0);
  EXPECT_EQ(memory.getRoom(0, 5, 50), std::nullopt);
  EXPECT_EQ(memory.getRoom(6, 10, 50), 0.0);
}

// A range of no commands is that of its first one.
TEST(MemoryOccupancy, CountsTheFirstCommand) {
  MemoryOccupancy memory(10, 100);
  memory.hold(4, 6, 60);
  EXPECT_EQ(memory.getRoom(5, 5, 50), std::nullopt);
}

// Buffers that no later command touches leave in the order of time, until there
// is room.
TEST(MemoryOccupancy, WaitsForWhatLeaves) {
  MemoryOccupancy memory(10, 100);
  memory.leave(3.0, 40);
  memory.leave(1.0, 30);
  memory.leave(2.0, 30);
  EXPECT_EQ(memory.getRoom(5, 6, 30), 1.0);
  EXPECT_EQ(memory.getRoom(5, 6, 61), 3.0);
}

// A chain of 20,000 nodes has so many commands.
TEST(MemoryOccupancy, IsExactForAMillionCommands) {
  MemoryOccupancy memory(1000 * 1000, 100);
  memory.hold(1000, 1001, 60);
  EXPECT_EQ(memory.getRoom(1000, 1001, 50), std::nullopt);
  EXPECT_EQ(memory.getRoom(999, 1000, 50), 0.0);
  EXPECT_EQ(memory.getRoom(1001, 1002, 50), 0.0);
}

// In longer lists several commands share an entry: room is underestimated,
// never overestimated.
TEST(MemoryOccupancy, IsCautiousInLongLists) {
  MemoryOccupancy memory(1 << 20, 100);
  memory.hold(1000, 1001, 60);
  EXPECT_EQ(memory.getRoom(1000, 1001, 50), std::nullopt);
  EXPECT_EQ(memory.getRoom(2000, 3000, 50), 0.0);
}

} // namespace
