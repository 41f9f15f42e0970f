//===- QueueClockTest.cpp - Hand-computed times of queues -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueClock.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

#include "gtest/gtest.h"

using namespace garam::npu;

namespace {

MachineDescription makeMachine() {
  MachineDescription machine;
  machine.cores = 3;
  machine.synchronisation.localSeconds = 1;
  machine.synchronisation.remoteSeconds = 3;
  machine.dram.contractionSlowdown = 0.5;
  return machine;
}

class QueueClockTest : public testing::Test {
protected:
  MachineDescription machine = makeMachine();
  QueueClock clock{machine};
};

Transfer makeDRAMTransfer(int64_t core, double seconds) {
  Transfer transfer;
  transfer.core = core;
  transfer.time.streamSeconds = transfer.time.dramSeconds = seconds;
  return transfer;
}

Transfer makePortTransfer(int64_t core, int64_t sender, int64_t receiver) {
  Transfer transfer;
  transfer.core = core;
  transfer.time.streamSeconds = transfer.time.networkSeconds = 2;
  transfer.sender = sender;
  transfer.receivers = {receiver};
  return transfer;
}

// From `time` on, a reservation takes what earlier ones leave free.
TEST(BandwidthLedgerTest, FillsGaps) {
  BandwidthLedger ledger;
  EXPECT_EQ(ledger.reserve(10, 2), 12);
  EXPECT_EQ(ledger.reserve(0, 4), 4);
  // 8 to 10, and the rest behind 12.
  EXPECT_EQ(ledger.reserve(8, 4), 14);
  EXPECT_EQ(ledger.reserve(0, 1), 5);
  EXPECT_EQ(ledger.reserve(3, 0), 3);
}

TEST_F(QueueClockTest, CommandsOfAQueueAreInOrder) {
  EXPECT_EQ(clock.runEngine(0, EngineKind::tensor, 2, 3).time, 5);
  EXPECT_EQ(clock.runEngine(0, EngineKind::tensor, 1, 1).time, 6);
  EXPECT_EQ(clock.runEngine(0, EngineKind::vector, 1, 1).time, 2);
  EXPECT_EQ(clock.getFree(getQueue(0, EngineKind::tensor)), 6);
  EXPECT_EQ(clock.getFree(getQueue(1, EngineKind::tensor)), 0);
  EXPECT_EQ(clock.getEnd(), 6);
}

// A queue knows its own commands at once, the others by a signal.
TEST_F(QueueClockTest, SignalsTakeTime) {
  Completion done = clock.runEngine(0, EngineKind::tensor, 0, 5);
  EXPECT_EQ(clock.getArrival(done, getQueue(0, EngineKind::tensor)), 5);
  EXPECT_EQ(clock.getArrival(done, getQueue(0, EngineKind::vector)), 6);
  EXPECT_EQ(clock.getArrival(done, getQueue(1, EngineKind::tensor)), 8);
}

// What is there at least does not know of the DRAM, but of the queue.
TEST_F(QueueClockTest, TransfersEndAfterTheirLeastEnd) {
  Transfer transfer = makeDRAMTransfer(0, 8);
  transfer.time.startSeconds = 1;
  transfer.time.engineSeconds = 4;
  EXPECT_EQ(clock.getLeastEnd(transfer), 5);
  EXPECT_EQ(clock.runTransfer(transfer, 0).time, 9);
  EXPECT_EQ(clock.getLeastEnd(transfer), 14);
  // One ahead waits for others of its kind only.
  transfer.isAhead = true;
  EXPECT_EQ(clock.getLeastEnd(transfer), 5);
}

// Behind its start, a transfer takes as long as the busiest part.
TEST_F(QueueClockTest, SlowestPartOfATransferCounts) {
  Transfer transfer;
  transfer.core = 1;
  transfer.time.startSeconds = 1;
  transfer.time.engineSeconds = 4;
  transfer.time.localSeconds = 2;
  EXPECT_EQ(clock.runTransfer(transfer, 2).time, 7);
  transfer.time.sharedSeconds = 6;
  EXPECT_EQ(clock.runTransfer(transfer, 0).time, 14);
}

TEST_F(QueueClockTest, TransfersShareTheDRAM) {
  EXPECT_EQ(clock.runTransfer(makeDRAMTransfer(0, 4), 0).time, 4);
  EXPECT_EQ(clock.runTransfer(makeDRAMTransfer(1, 4), 0).time, 8);
  EXPECT_EQ(clock.runTransfer(makeDRAMTransfer(2, 4), 20).time, 24);
}

// Each port carries one transfer at a time in each direction.
TEST_F(QueueClockTest, PortsHaveTwoDirections) {
  EXPECT_EQ(clock.runTransfer(makePortTransfer(0, 0, 1), 0).time, 2);
  EXPECT_EQ(clock.runTransfer(makePortTransfer(1, 1, 0), 0).time, 2);
  EXPECT_EQ(clock.runTransfer(makePortTransfer(2, 0, 2), 0).time, 4);
}

// Half of the stream meets a contraction of its core, which takes half of its
// rate: that half takes twice as long.
TEST_F(QueueClockTest, ContractionsSlowTheDRAM) {
  clock.runEngine(0, EngineKind::tensor, 0, 2);
  EXPECT_EQ(clock.runTransfer(makeDRAMTransfer(0, 4), 0).time, 6);
  EXPECT_EQ(clock.runTransfer(makeDRAMTransfer(1, 4), 10).time, 14);
}

} // namespace
