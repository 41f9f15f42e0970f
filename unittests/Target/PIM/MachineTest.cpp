//===- MachineTest.cpp - Descriptions of devices and addresses ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "garam/Target/PIM/Machine/AddressMapping.h"

#include "gtest/gtest.h"

#include <random>

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

TEST(PIMMachine, DerivedTimes) {
  Timing timing = describeMachine(1, 1).timing;
  EXPECT_EQ(timing.getReadToPrecharge(), 3u);
  EXPECT_EQ(timing.getWriteToPrecharge(), 26u);
  EXPECT_EQ(timing.getReadToWrite(), 15u);
  EXPECT_EQ(timing.getWriteToRead(/*sameBankGroup=*/true), 19u);
  EXPECT_EQ(timing.getWriteToRead(/*sameBankGroup=*/false), 14u);
  EXPECT_EQ(timing.getBurstToOtherRank(), 3u); // tCCDR
  EXPECT_EQ(timing.getWriteToOtherRankRead(), 0u);
}

/// The map of MI50 boards with Aquabolt-XL: fields are interleaved.
std::vector<AddressSlice> getInterleavedMapping() {
  using F = AddressField;
  return {{F::Offset, 5},  {F::Column, 1}, {F::Channel, 1},   {F::Column, 1},
          {F::Channel, 5}, {F::Bank, 1},   {F::BankGroup, 2}, {F::Bank, 1},
          {F::Column, 3},  {F::Row, 14}};
}

TEST(PIMMachine, AddressesOfScheme8) {
  AddressMapping mapping(describeMachine(/*channels=*/64, /*ranks=*/2));
  Location location = {/*channel=*/0x2A, /*rank=*/1, /*bank=*/0x6,
                       /*row=*/0x1234, /*column=*/0x15};
  uint64_t address = 0x2Aull << 5 | 2ull << 11 | 1ull << 13 | 0x15ull << 15 |
                     0x1234ull << 20 | 1ull << 34;
  EXPECT_EQ(mapping.getAddress(location), address);
  EXPECT_EQ(mapping.getLocation(address), location);
  EXPECT_FALSE(mapping.getLocation(address + 1));
  EXPECT_FALSE(mapping.getLocation(uint64_t(1) << 35));
}

TEST(PIMMachine, AddressesOfInterleavedFields) {
  MachineDescription machine = describeMachine(/*channels=*/64, 1);
  machine.mapping = getInterleavedMapping();
  ASSERT_FALSE(bool(check(machine)));
  AddressMapping mapping(machine);
  // Channel 0b101011, bank 0b0110 (group 1, bank 2), column 0b10110.
  EXPECT_EQ(mapping.getAddress({0x2B, 0, 6, 1, 0x16}),
            1u << 6 | 1u << 7 | 0x15u << 8 | 1u << 14 | 1u << 16 | 5u << 17 |
                1u << 20);
  std::mt19937_64 random;
  for (unsigned i = 0; i < 1000; ++i) {
    uint64_t address = random() % machine.geometry.getBytes() / 32 * 32;
    auto location = mapping.getLocation(address);
    ASSERT_TRUE(location.has_value());
    EXPECT_EQ(mapping.getAddress(*location), address);
  }
}

/// The error of a description that `change` has spoilt.
template <typename Change>
std::string getError(Change change) {
  MachineDescription machine = describeMachine(/*channels=*/16, 1);
  change(machine);
  return llvm::toString(check(machine));
}

// A mask of all bits, one more than which is 2^32, is of all rows.
TEST(PIMMachine, OperandRows) {
  MachineDescription machine = describeMachine(1, 1);
  EXPECT_EQ(machine.getOperandRows(), 4096u);
  machine.rows.operandRowMask = 4294967295;
  EXPECT_EQ(machine.getOperandRows(), machine.geometry.rows);
}

TEST(PIMMachine, Checks) {
  using M = MachineDescription;
  const std::string name = "machine 'hbm-pim': ";
  EXPECT_EQ(getError([](M &) {}), "");
  EXPECT_EQ(getError([](M &m) { m.geometry.rows = 100; }),
            name + "the number of rows is a power of two, got: 100");
  EXPECT_EQ(getError([](M &m) { m.geometry.bankGroups = 3; }),
            name + "the number of bank groups is a power of two, got: 3");
  EXPECT_EQ(getError([](M &m) { m.geometry.banksPerGroup = 0; }),
            name + "the number of banks of a group is a power of two, got: 0");
  EXPECT_EQ(getError([](M &m) {
              m.geometry.bankGroups = m.geometry.banksPerGroup = 1;
            }),
            name + "a unit needs an even and an odd bank, got: 1 bank");
  EXPECT_EQ(getError([](M &m) { m.mapping[1].width = 3; }),
            name + "mapping 'scheme8' has 3 bits of the channel, which needs "
                   "4");
  EXPECT_EQ(getError([](M &m) {
              m.geometry.rows = m.geometry.channels = 1u << 31;
              m.mapping[1].width = m.mapping[5].width = 31;
            }),
            name + "an address has at most 48 bits, got: 76");
  EXPECT_EQ(getError([](M &m) { m.rows.enterAllBank = 1 << 14; }),
            name + "the row that enters all-bank mode, 16384, does not exist "
                   "or has cells");
  EXPECT_EQ(getError([](M &m) { m.rows.leaveAllBank = 0; }),
            name + "the row that leaves all-bank mode, 0, does not exist or "
                   "has cells");
  EXPECT_EQ(getError([](M &m) { m.rows.registers = 1; }),
            name + "the row that holds registers, 1, does not exist or has "
                   "cells");
  EXPECT_EQ(getError([](M &m) { m.rows.park = 0x0800; }),
            name + "the row that parks banks, 2048, does not exist or has "
                   "cells");
  EXPECT_EQ(getError([](M &m) { m.rows.operandRowMask = 5; }),
            name + "instructions use the lowest bits of a row, got the mask 5");
  EXPECT_EQ(getError([](M &m) { m.rows.operandRowMask = 8191; }),
            name + "instructions use the first 8192 rows, but row 4096 has no "
                   "cells");
  EXPECT_EQ(getError([](M &m) { m.rows.leaveBanks.clear(); }),
            name + "no bank changes the mode");
  EXPECT_EQ(getError([](M &m) { m.rows.enterBanks[0] = 16; }),
            name + "bank 16, which changes the mode, does not exist; there are "
                   "16");
  EXPECT_EQ(getError([](M &m) { m.registers.scalars = 0x0F; }),
            name + "column 15 of the register row does not exist or holds two "
                   "registers");
  EXPECT_EQ(getError([](M &m) { m.control.zeroGRFB = 32; }),
            name + "byte 32 is not part of the control burst");
  EXPECT_EQ(getError([](M &m) { m.timing.clockHz = 0; }),
            name + "the clock is not at least 1 Hz");
  EXPECT_EQ(getError([](M &m) { m.timing.tCCDS = 0; }),
            name + "the burst length, tREFI or tCCDS is 0");
  EXPECT_EQ(getError([](M &m) { m.timing.tREFI = 300; }),
            name + "tREFI leaves no time between refreshes");
  EXPECT_EQ(getError([](M &m) { m.timing.writeLatency = 21; }),
            name + "the write latency is above the read latency");
  EXPECT_EQ(getError([](M &m) { m.controller.commandQueueDepth = 1; }),
            name + "a queue of the controller has no room");
}

} // namespace
