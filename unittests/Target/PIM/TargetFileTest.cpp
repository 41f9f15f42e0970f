//===- TargetFileTest.cpp - Target files of HBM-PIM -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "garam/Target/PIM/Machine/AddressMapping.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::pim;
using namespace garam::pim::test;

namespace {

llvm::Expected<MachineDescription> read(const std::string &text) {
  return readTargetFile(llvm::MemoryBufferRef(text, "t.yaml"));
}

/// The errors of the shipped file with `from` replaced.
std::string getErrors(llvm::StringRef from, llvm::StringRef to) {
  std::string text = readTarget("hbm-pim");
  size_t place = text.find(from.str());
  if (place == std::string::npos)
    return "no such text";
  text.replace(place, from.size(), to.str());
  llvm::Expected<MachineDescription> machine = read(text);
  return machine ? "" : llvm::toString(machine.takeError());
}

TEST(PIMTargetFile, OneStack) {
  auto machine = read(readTarget("hbm-pim"));
  ASSERT_TRUE(bool(machine)) << llvm::toString(machine.takeError());
  EXPECT_EQ(machine->name, "hbm-pim");
  EXPECT_EQ(machine->geometry.channels, 16u);
  EXPECT_EQ(machine->geometry.getUnits(), 8u);
  EXPECT_EQ(machine->geometry.getBytes(), uint64_t(4) << 30);
  EXPECT_EQ(machine->getOperandRows(), 4096u);
  EXPECT_EQ(machine->mappingName, "scheme8");
  EXPECT_EQ(machine->rows.enterBanks, (std::vector<uint32_t>{0, 1, 8, 9}));
  EXPECT_EQ(machine->rows.leaveBanks, (std::vector<uint32_t>{0, 1}));
  EXPECT_FALSE(machine->hasPipeline);
  EXPECT_EQ(machine->energy.perBankBit, 0.95e-12);
  EXPECT_EQ(machine->idleWatts, 2);
}

TEST(PIMTargetFile, FourStacks) {
  auto machine = read(readTarget("hbm-pim-x4"));
  ASSERT_TRUE(bool(machine)) << llvm::toString(machine.takeError());
  EXPECT_EQ(machine->geometry.channels, 64u);
  EXPECT_EQ(machine->geometry.getBytes(), uint64_t(16) << 30);
  EXPECT_EQ(machine->idleWatts, 8);
}

// A second piece of a field is of its higher bits.
TEST(PIMTargetFile, InterleavedMapping) {
  std::string text = readTarget("hbm-pim");
  llvm::StringRef slice = "      - field: channel\n";
  size_t place = text.find(slice.str());
  text.replace(text.find("value: 4", place), 8, "value: 1");
  place = text.find("      - field: rank");
  text.insert(place, "      - field: channel_2\n        bits: { value: 3, "
                     "assumed: test }\n");
  auto machine = read(text);
  ASSERT_TRUE(bool(machine)) << llvm::toString(machine.takeError());
  AddressMapping mapping(*machine);
  EXPECT_EQ(mapping.getLocation(1 << 5)->channel, 1u);
  EXPECT_EQ(mapping.getLocation(uint64_t(1) << 29)->channel, 2u);
}

TEST(PIMTargetFile, Errors) {
  EXPECT_EQ(getErrors("rfc: { value: 350", "rfc: { value: -1"),
            "t.yaml:42:17: field 'timing.rfc': found '-1', needed an integer "
            "in cycles from 0 to 65535");
  EXPECT_NE(getErrors("kind: pim", "kind: npu").find("found 'npu'"),
            std::string::npos);
  EXPECT_NE(getErrors("energy:", "energies:")
                .find("section 'energy' is missing; needed: what accesses and "
                      "operations cost"),
            std::string::npos);
  // Fields that do not fit one another.
  EXPECT_NE(getErrors("channels: { value: 16", "channels: { value: 32")
                .find("field 'geometry.channels': mapping 'scheme8' has 4 bits "
                      "of the channel, which needs 5"),
            std::string::npos);
  EXPECT_NE(getErrors("columns: { value: 32", "columns: { value: 16")
                .find("the walk of MAC is of two rows of 32 bursts, got: 16 "
                      "columns"),
            std::string::npos);
  // Banks 16 to 31, the last of which is the highest bit of the mask.
  EXPECT_NE(
      getErrors("enter_bank_mask: { value: 771",
                "enter_bank_mask: { value: 4294967295")
          .find("t.yaml:69:29: field 'mode_rows.enter_bank_mask': bank "
                "16, which changes the mode, does not exist; there are 16"),
      std::string::npos);
  EXPECT_NE(getErrors("leave_bank_mask: { value: 3",
                      "leave_bank_mask: { value: 2147483648")
                .find("field 'mode_rows.leave_bank_mask': bank 31, which "
                      "changes the mode, does not exist; there are 16"),
            std::string::npos);
  EXPECT_NE(getErrors("operand_row_mask: { value: 4095",
                      "operand_row_mask: { value: 4294967295")
                .find("field 'mode_rows.operand_row_mask': instructions use "
                      "the first 16384 rows, but row 4096 has no cells"),
            std::string::npos);
  EXPECT_NE(getErrors("refi: { value: 3900", "refi: { value: 300")
                .find("field 'clock_hz': tREFI leaves no time between"),
            std::string::npos);
}

// docs/targets.md has one row for each field, in the section of this kind.
TEST(PIMTargetFile, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getTargetFields())
    expected += "| `" + field.path + "` | " + field.type + " | " + field.unit +
                " | " + field.range + " | " + field.meaning + " |\n";
  auto page = llvm::MemoryBuffer::getFile(GARAM_SOURCE_DIR "/docs/targets.md");
  ASSERT_TRUE(bool(page));
  llvm::StringRef section = (*page)
                                ->getBuffer()
                                .split("## Fields of kind `pim`\n")
                                .second.split("\n## ")
                                .first;
  std::string rows;
  for (llvm::StringRef line : llvm::split(section, '\n'))
    if (line.starts_with("| `"))
      rows += line.str() + "\n";
  EXPECT_EQ(rows, expected);
}

} // namespace
