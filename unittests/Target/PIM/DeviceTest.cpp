//===- DeviceTest.cpp - Registers, modes and sequencing -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Short streams, each of which shows one rule of docs/isa/pim.md.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Machines.h"

#include "garam/Target/PIM/Simulator.h"
#include "gtest/gtest.h"

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

constexpr uint16_t one = 0x3C00, two = 0x4000, three = 0x4200, four = 0x4400,
                   minusOne = 0xBC00;

/// 16 lanes of the same number.
Burst splat(uint16_t number) {
  Burst burst;
  for (unsigned i = 0; i < burst.size(); i += 2) {
    burst[i] = number & 0xFF;
    burst[i + 1] = number >> 8;
  }
  return burst;
}

/// Registers of the device.
constexpr uint32_t registerRow = 0x3FFF, srf = 1, grfA = 8, grfB = 0x18;

class PIMDevice : public ::testing::Test {
protected:
  MachineDescription machine = describeMachine(/*channels=*/1, 1);
  KernelBuilder builder{machine};

  /// Writes that nothing before them may pass.
  void write(uint32_t bank, uint32_t row, uint32_t column,
             const Burst &data = {}) {
    builder.write(bank, row, column, data);
    builder.barrier();
  }
  void read(uint32_t bank, uint32_t row, uint32_t column) {
    builder.read(bank, row, column);
    builder.barrier();
  }
  /// Parked banks are in a known state when the mode changes.
  void enter() {
    builder.park();
    builder.enterAllBank();
  }
  void writeControl(std::initializer_list<std::pair<unsigned, uint8_t>> bytes) {
    Burst burst = {};
    for (auto [place, value] : bytes)
      burst[place] = value;
    write(0, registerRow, 0, burst);
  }
  /// What `build` expects to be read at the end, in single-bank mode.
  void expect(uint32_t bank, uint32_t row, uint32_t column, const Burst &data) {
    builder.readResult(bank, row, column);
    expected.push_back(data);
  }
  SimulationResult run() {
    auto result = simulate(builder.stream, machine);
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      return {};
    }
    EXPECT_EQ(result->results, expected);
    return std::move(*result);
  }
  std::string getError() {
    auto result = simulate(builder.stream, machine);
    return result ? "" : llvm::toString(result.takeError());
  }

  std::vector<Burst> expected;
};

// A plain DRAM: what is written is read, in any bank, and cells begin as 0.
TEST_F(PIMDevice, SingleBankMode) {
  write(0, 5, 3, splat(one));
  write(15, 0x2FFF, 31, splat(two));
  builder.stream.beginPhase("result");
  expect(0, 5, 3, splat(one));
  expect(15, 0x2FFF, 31, splat(two));
  expect(1, 5, 3, Burst());
  run();
}

// A later write to the same place wins though commands are reordered.
TEST_F(PIMDevice, AccessesOfARowStayInOrder) {
  for (uint16_t number : {one, two, three}) {
    builder.write(4, 7, 1, splat(number));
    builder.write(9, 8, 2, splat(number));
    expect(4, 7, 1, splat(number));
  }
  expect(9, 8, 2, splat(three));
  run();
}

// Rows with bit 12 have no cells; writes to registers are dropped.
TEST_F(PIMDevice, RowsWithoutCells) {
  write(0, 0x1000, 0, splat(one));
  write(0, registerRow, grfA, splat(one));
  expect(0, 0x1000, 0, Burst());
  expect(0, registerRow, grfA, Burst());
  run();
}

// In all-bank mode writes reach the registers of all units at once.
TEST_F(PIMDevice, RegistersAreBroadcast) {
  enter();
  write(1, registerRow, grfA + 2, splat(two));
  write(1, registerRow, grfB + 7, splat(three));
  builder.end();
  builder.stream.beginPhase("result");
  for (uint32_t bank : {0, 1, 14, 15}) {
    expect(bank, registerRow, grfA + 2, splat(two));
    expect(bank, registerRow, grfB + 7, splat(three));
    expect(bank, registerRow, grfB, Burst());
  }
  run();
}

TEST_F(PIMDevice, ControlClearsRegisters) {
  enter();
  write(1, registerRow, grfA, splat(two));
  write(1, registerRow, grfB, splat(three));
  writeControl({{20, 1}});
  builder.end();
  expect(0, registerRow, grfA, Burst());
  expect(0, registerRow, grfB, splat(three));
  builder.barrier();
  enter();
  writeControl({{21, 1}});
  builder.end();
  expect(0, registerRow, grfB, Burst());
  run();
}

// Outside of a program a read moves cells to registers in all units, a write
// registers to cells; at power-up bit 3 of the column chooses the file.
TEST_F(PIMDevice, MovesOfAllBanks) {
  for (uint32_t bank = 0; bank < 16; ++bank)
    write(bank, 3, 9, splat(bank % 2 ? two : one));
  enter();
  read(0, 3, 9);  // GRF_B[1] <- even banks
  read(1, 3, 9);  // GRF_B[1] <- odd banks
  write(0, 4, 9); // even banks <- GRF_B[1]
  writeControl({});
  // Now reads fill GRF_B, and writes take GRF_A to even and GRF_B to odd banks.
  write(1, registerRow, grfA + 1, splat(four));
  write(0, 5, 9);
  write(1, 5, 9);
  read(0, 0x1001, 9); // no cells: nothing moves
  builder.end();
  expect(6, 4, 9, splat(two));
  expect(7, 4, 9, Burst());
  expect(6, 5, 9, splat(four));
  expect(7, 5, 9, splat(two));
  run();
}

// A scalar of SRF_M and one of SRF_A go to all lanes; explicit indices.
TEST_F(PIMDevice, MultiplyAddWithScalars) {
  Burst scalars = {};
  scalars[2 * 2 + 1] = two >> 8;         // SRF_M[2]
  scalars[2 * (8 + 2) + 1] = three >> 8; // SRF_A[2]
  write(0, 1, 0, splat(four));
  enter();
  write(0, registerRow, srf, scalars);
  builder.loadProgram("MAD GRF_A[5], EVEN_BANK, SRF_M[2], SRF_A[2]\nEXIT");
  builder.control(/*execute=*/true);
  read(0, 1, 0);
  builder.control(/*execute=*/false);
  builder.end();
  expect(0, registerRow, grfA + 5, splat(0x4980)); // 11
  expect(2, registerRow, grfA + 5, splat(three));
  EXPECT_EQ(run().triggers, 1u);
}

// A write to either scalar file replaces both.
TEST_F(PIMDevice, ScalarFilesAreOneRegister) {
  write(0, 1, 0, splat(two));
  enter();
  builder.loadProgram("MOV SRF_M[0], EVEN_BANK\n"
                      "ADD GRF_A[0], EVEN_BANK, SRF_A[7]\nEXIT");
  builder.control(/*execute=*/true);
  read(0, 1, 0);
  read(0, 1, 0);
  builder.end();
  expect(0, registerRow, grfA, splat(four));
  run();
}

// JUMP 1 is taken once, so that its body runs twice; then the program has
// ended, and a further read is a move into GRF_B.
TEST_F(PIMDevice, JumpsAndExit) {
  write(0, 1, 0, splat(one));
  enter();
  write(1, registerRow, grfB + 4, splat(one));
  builder.loadProgram("ADD GRF_A[0], GRF_B[4], EVEN_BANK\n"
                      "ADD GRF_B[4], GRF_B[4], EVEN_BANK\n"
                      "JUMP 1, 3\n"
                      "MOV GRF_A[1], EVEN_BANK\nEXIT");
  builder.control(/*execute=*/true);
  for (unsigned i = 0; i < 6; ++i)
    read(0, 1, 0);
  builder.end();
  expect(0, registerRow, grfB + 4, splat(three));
  expect(0, registerRow, grfA, splat(three));
  expect(0, registerRow, grfA + 1, splat(one));
  expect(0, registerRow, grfB, splat(one));
  EXPECT_EQ(run().triggers, 5u);
}

// NOP 2 takes three triggers.
TEST_F(PIMDevice, NopsRepeat) {
  write(0, 1, 0, splat(one));
  enter();
  builder.loadProgram("ADD GRF_A[0], GRF_A[0], GRF_B[0]\nNOP 2\n"
                      "MOV GRF_A[1], EVEN_BANK\nEXIT");
  builder.control(/*execute=*/true);
  for (unsigned i = 0; i < 4; ++i)
    read(0, 1, 0);
  builder.end();
  expect(0, registerRow, grfA + 1, Burst());
  EXPECT_EQ(run().triggers, 4u);
}

// RELU on the way to a register; a control write starts the program anew.
TEST_F(PIMDevice, ReluAndRestart) {
  write(0, 1, 0, splat(minusOne));
  write(0, 1, 1, splat(two));
  enter();
  builder.loadProgram("MOV GRF_A[1], EVEN_BANK, relu\n"
                      "MOV GRF_A[2], EVEN_BANK, relu\nEXIT");
  builder.control(/*execute=*/true);
  read(0, 1, 1);
  builder.control(/*execute=*/true);
  read(0, 1, 0);
  read(0, 1, 1);
  builder.end();
  expect(0, registerRow, grfA + 1, Burst());
  expect(0, registerRow, grfA + 2, splat(two));
  EXPECT_EQ(run().triggers, 3u);
}

// Bits of the control burst keep banks of a parity from triggering, and let
// rows without cells do so, which then stand for rows below 4096.
TEST_F(PIMDevice, TriggerMask) {
  write(0, 1, 0, splat(one));
  enter();
  builder.loadProgram("MOV GRF_A[1], EVEN_BANK\nMOV GRF_A[2], EVEN_BANK\n"
                      "MOV GRF_A[3], ODD_BANK\nEXIT");
  writeControl({{0, 1}, {16, 2}});
  read(1, 1, 0);      // odd: no trigger
  read(0, 0x1001, 0); // no cells: no trigger
  read(0, 1, 0);
  writeControl({{0, 1}, {16, 4 | 2}});
  read(0, 1, 0);
  read(0, 0x1001, 0);
  writeControl({{0, 1}, {16, 1}});
  read(0, 1, 0); // even: no trigger
  builder.end();
  expect(0, registerRow, grfA + 1, splat(one));
  expect(0, registerRow, grfA + 2, splat(one));
  EXPECT_EQ(run().triggers, 3u);
}

// A write that triggers NOP stores GRF_A in even banks and GRF_B in odd ones.
TEST_F(PIMDevice, NopStores) {
  enter();
  write(1, registerRow, grfA + 3, splat(one));
  write(1, registerRow, grfB + 3, splat(two));
  builder.loadProgram("ADD GRF_A[0], GRF_A[0], GRF_B[0]\nNOP 2\nEXIT");
  builder.control(/*execute=*/true);
  read(0, 0, 0);
  write(0, 9, 3);
  write(1, 9, 11);
  read(0, 9, 3);
  builder.end();
  expect(12, 9, 3, splat(one));
  expect(13, 9, 11, splat(two));
  expect(13, 9, 3, Burst());
  run();
}

TEST_F(PIMDevice, TimingOnlyLeavesResultsZero) {
  write(0, 1, 0, splat(one));
  builder.readResult(0, 1, 0);
  SimulationOptions options;
  options.timingOnly = true;
  auto result = llvm::cantFail(simulate(builder.stream, machine, options));
  EXPECT_EQ(result.results, std::vector<Burst>(1));
  EXPECT_EQ(result.cycles,
            llvm::cantFail(simulate(builder.stream, machine)).cycles);
}

// Ranks have their own cells and modes.
TEST_F(PIMDevice, Ranks) {
  machine = describeMachine(/*channels=*/1, /*ranks=*/2);
  KernelBuilder twoRanks(machine);
  AddressMapping mapping(machine);
  auto getAddress = [&](uint32_t rank) {
    return mapping.getAddress({0, rank, /*bank=*/3, /*row=*/5, /*column=*/7});
  };
  twoRanks.stream.write(getAddress(0), splat(one));
  twoRanks.stream.write(getAddress(1), splat(two));
  twoRanks.barrier();
  twoRanks.park();
  twoRanks.enterAllBank();
  twoRanks.stream.readResult(getAddress(1));
  twoRanks.barrier();
  twoRanks.end();
  twoRanks.stream.readResult(getAddress(0));
  auto result = llvm::cantFail(simulate(twoRanks.stream, machine));
  EXPECT_EQ(result.results, std::vector<Burst>({splat(two), splat(one)}));
}

// An open row is closed after its number of accesses, though more are queued.
TEST_F(PIMDevice, RowsAreClosedAfterManyAccesses) {
  machine.controller.maxRowAccesses = 4;
  for (uint32_t column = 0; column < 12; ++column)
    builder.read(0, 1, column);
  EXPECT_EQ(run().commands, (std::array<uint64_t, 6>{3, 12, 0, 3, 0, 0}));
}

// Silicon swaps two bits of a row; the simulator knows rows only from the
// description.
TEST_F(PIMDevice, RowsOfSilicon) {
  machine.rows.enterAllBank = 0x27FF;
  machine.rows.leaveAllBank = 0x2FFF;
  machine.rows.park = machine.rows.noCellBit = 0x2000;
  KernelBuilder silicon(machine);
  buildGEMV(silicon, {2, 1});
  auto result = llvm::cantFail(simulate(silicon.stream, machine));
  EXPECT_EQ(result.cycles, 1138u);
  EXPECT_EQ(result.triggers, 136u);
  EXPECT_NE(
      llvm::toString(check(silicon.stream, describeMachine(1, 1), "silicon")),
      "");
}

TEST_F(PIMDevice, CommandsAreReported) {
  builder.write(0, 1, 0);
  builder.read(5, 2, 0);
  std::string commands;
  SimulationOptions options;
  options.onCommand = [&](const CommandEvent &event) {
    commands += getName(event.kind).str() +
                std::to_string(event.location.bank) + "@" +
                std::to_string(event.cycle) + " ";
  };
  auto result = llvm::cantFail(simulate(builder.stream, machine, options));
  // tRCDWR 10; tRRDS 4; write to read of another bank group 14; tRAS 33.
  EXPECT_EQ(commands, "ACT0@0 ACT5@4 WR0@10 RD5@24 PRE0@36 PRE5@37 ");
  EXPECT_EQ(result.cycles, 51u);
  EXPECT_EQ(result.latencyFs, 51'000'000u);
  EXPECT_EQ(result.commands, (std::array<uint64_t, 6>{2, 1, 1, 2, 0, 0}));
}

TEST_F(PIMDevice, WarnsOfOtherParity) {
  enter();
  builder.loadProgram("MOV GRF_A[0], ODD_BANK\nEXIT");
  builder.control(/*execute=*/true);
  read(0, 1, 0);
  builder.end();
  EXPECT_EQ(run().warnings,
            std::vector<std::string>(
                {"channel 0, rank 0: a read of bank 0 triggers 'MOV GRF_A[0], "
                 "ODD_BANK', which reads banks of the other parity"}));
}

//===----------------------------------------------------------------------===//
// What the device does not define
//===----------------------------------------------------------------------===//

/// The part of a message behind the place.
std::string getTail(const std::string &message) {
  size_t column = message.find("column ");
  return column == std::string::npos
             ? message
             : message.substr(message.find(": ", column) + 2);
}

TEST_F(PIMDevice, ResultInAllBankMode) {
  enter();
  builder.readResult(0, 1, 2);
  EXPECT_EQ(getError(),
            "cycle 143, channel 0, rank 0, bank 0, row 0x1, column 2: a result "
            "is read in all-bank mode, in which a host receives no data");
}

TEST_F(PIMDevice, OtherBanksInAllBankMode) {
  enter();
  read(0, 1, 0);
  builder.stream.beginPhase("next");
  read(2, 1, 0);
  EXPECT_EQ(getTail(getError()),
            "in all-bank mode a host addresses banks 0 and 1, which stand for "
            "the even and the odd ones; around a change of mode all banks are "
            "parked");
}

/// The error of a program whose register file is `words`, after `triggers`.
class PIMProgramError : public PIMDevice {
protected:
  std::string getErrorOf(std::vector<uint32_t> words, unsigned triggers = 1) {
    enter();
    words.resize(maxInstructions);
    for (unsigned part = 0; part < 4; ++part) {
      Burst burst;
      for (unsigned i = 0; i < 32; ++i)
        burst[i] = words[8 * part + i / 4] >> 8 * (i % 4);
      write(1, registerRow, 4 + part, burst);
    }
    builder.control(/*execute=*/true);
    for (unsigned i = 0; i < triggers; ++i)
      read(0, 1, 0);
    return getTail(getError());
  }
};

TEST_F(PIMProgramError, ReservedOpcode) {
  EXPECT_EQ(getErrorOf({0x50000000}),
            "instruction 0: 0x50000000: opcode 5 is reserved");
}

TEST_F(PIMProgramError, IllegalInstruction) {
  EXPECT_EQ(getErrorOf({0x39108000}),
            "instruction 0: MAC accumulates in GRF_B, got: GRF_A");
}

TEST_F(PIMProgramError, JumpToJump) {
  EXPECT_EQ(getErrorOf({0xE0003801}), "instruction 0: a JUMP leads to a JUMP");
}

TEST_F(PIMProgramError, JumpOutOfTheRegisterFile) {
  EXPECT_EQ(getErrorOf({0xE0003803}),
            "instruction 0: the program leaves the register file to -2");
}

TEST_F(PIMProgramError, NoExit) {
  EXPECT_EQ(getErrorOf({}, /*triggers=*/32),
            "instruction 31: the program leaves the register file to 32");
}

TEST_F(PIMProgramError, BankOperandOfAWrite) {
  enter();
  builder.loadProgram("MOV GRF_A[0], EVEN_BANK\nEXIT");
  builder.control(/*execute=*/true);
  write(0, 1, 0);
  EXPECT_EQ(getTail(getError()), "a write triggers 'MOV GRF_A[0], EVEN_BANK', "
                                 "which reads a bank");
}

// Nested jumps start each other's counter anew: the outer one never ends, but
// each trigger does.
TEST_F(PIMProgramError, NestedJumpsRunOn) {
  EXPECT_EQ(
      getErrorOf({0x88800000, 0xE0000802, 0x88800000, 0xE0000804, 0xF0000000},
                 /*triggers=*/200),
      "");
}

} // namespace
