//===- SpecificationTest.cpp - Tables of docs/isa/pim.md ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Reads the tables of the specification and compares them with the code.
//
//===----------------------------------------------------------------------===//

#include "../SpecificationPage.h"
#include "Kernels.h"
#include "Machines.h"

#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Machine/Rules.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace garam::pim;
using namespace garam::pim::test;
using garam::test::SpecificationPage;
using Table = SpecificationPage::Table;
using Row = SpecificationPage::Row;

namespace {

const Table &getTable(const std::string &heading, const std::string &column) {
  static const SpecificationPage page(GARAM_SOURCE_DIR "/docs/isa/pim.md");
  return page.getTable(heading, column);
}

/// The first two columns of a table.
Table getPairs(const std::string &heading, const std::string &column) {
  Table pairs;
  for (const Row &row : getTable(heading, column))
    pairs.push_back({row.at(0), row.at(1)});
  return pairs;
}

TEST(PIMSpecification, Codes) {
  Table opcodes, operands;
  for (Opcode opcode : getOpcodes())
    opcodes.push_back(
        {std::to_string(unsigned(opcode)), getName(opcode).str()});
  for (unsigned code = 0; code < numOperandClasses; ++code)
    operands.push_back(
        {std::to_string(code), getName(OperandClass(code)).str()});
  EXPECT_EQ(getPairs("Opcodes", "Value"), opcodes);
  EXPECT_EQ(getPairs("Operands", "Value"), operands);
}

TEST(PIMSpecification, Layout) {
  std::map<std::string, Table> fields;
  for (const Row &row : getTable("Layout", "Form"))
    for (llvm::StringRef name : llvm::split(row[0], ' '))
      fields[name.str()].push_back({row[1], row[2]});
  ASSERT_EQ(fields.size(), getOpcodes().size());
  for (Opcode opcode : getOpcodes()) {
    Table expected;
    for (const FieldLayout &field : getLayout(opcode)) {
      std::string low = std::to_string(field.low);
      std::string high = std::to_string(field.low + field.width - 1);
      expected.push_back(
          {field.name, field.width == 1 ? low : high + "-" + low});
    }
    EXPECT_EQ(fields[getName(opcode).str()], expected) << getName(opcode).str();
  }
}

TEST(PIMSpecification, Examples) {
  for (const Row &row : getTable("Examples", "Text")) {
    auto program = llvm::cantFail(assemble(row[0], "example"));
    ASSERT_EQ(program.size(), 1u);
    EXPECT_EQ(llvm::utohexstr(llvm::cantFail(encode(program[0])), true, 8),
              row[1])
        << row[0];
  }
}

TEST(PIMSpecification, Sources) {
  const OperandClass classes[] = {OperandClass::GRFA, OperandClass::GRFB,
                                  OperandClass::EvenBank, OperandClass::SRFM,
                                  OperandClass::SRFA};
  Table expected;
  for (OperandClass source0 : classes) {
    expected.push_back({getName(source0).str()});
    for (OperandClass source1 : classes)
      expected.back().push_back(describePermissions(source0, source1));
  }
  EXPECT_EQ(getTable("Which programs are legal", "src0 \\ src1"), expected);
}

TEST(PIMSpecification, Hazards) {
  Table expected;
  for (Opcode opcode : getOpcodes())
    if (isArithmetic(opcode) || isMove(opcode))
      expected.push_back(
          {getName(opcode).str(),
           std::to_string(getHazardNops(Profile::Silicon, opcode, true)),
           std::to_string(getHazardNops(Profile::Silicon, opcode, false))});
  EXPECT_EQ(getTable("Which programs are legal", "Producer"), expected);
}

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

const MachineDescription &getMachine() {
  static const MachineDescription machine = describeMachine(16, 1);
  return machine;
}

std::string hex(uint32_t value, unsigned width = 0) {
  return "0x" + llvm::utohexstr(value, true, width);
}

TEST(PIMSpecification, Rows) {
  const ModeRows &rows = getMachine().rows;
  EXPECT_EQ(getPairs("Modes", "Row"),
            Table({{"enterAllBank", hex(rows.enterAllBank)},
                   {"leaveAllBank", hex(rows.leaveAllBank)},
                   {"park", hex(rows.park)},
                   {"registers", hex(rows.registers)}}));
  EXPECT_EQ(rows.noCellBit, 1u << 12);
  EXPECT_EQ(rows.operandRowMask, 4095u);
}

TEST(PIMSpecification, Registers) {
  const RegisterMap &map = getMachine().registers;
  auto columns = [](uint32_t first, unsigned count) {
    return count == 1 ? hex(first, 2)
                      : hex(first, 2) + "-" + hex(first + count - 1, 2);
  };
  Table expected = {{columns(map.control, 1)},
                    {columns(map.scalars, 1)},
                    {columns(map.instructions, 4)},
                    {columns(map.grfA, numRegisters)},
                    {columns(map.grfB, numRegisters)}};
  Table found, bytes;
  for (const Row &row : getTable("Registers", "Column"))
    found.push_back({row[0]});
  EXPECT_EQ(found, expected);

  const ControlBytes &control = getMachine().control;
  for (uint32_t byte :
       {control.execute, control.moveAllGRF, control.triggerMask,
        control.zeroGRFA, control.zeroGRFB})
    bytes.push_back({std::to_string(byte)});
  found.clear();
  for (const Row &row : getTable("Registers", "Byte"))
    found.push_back({row[0]});
  EXPECT_EQ(found, bytes);
}

TEST(PIMSpecification, Mapping) {
  const Table &table = getTable("Addresses", "Field");
  ASSERT_EQ(table.size(), getMachine().mapping.size());
  const AddressField order[] = {AddressField::Offset, AddressField::Channel,
                                AddressField::Bank,   AddressField::BankGroup,
                                AddressField::Column, AddressField::Row,
                                AddressField::Rank};
  for (auto [row, slice, field] :
       llvm::zip_equal(table, getMachine().mapping, order)) {
    EXPECT_EQ(slice.field, field) << row[0];
    if (!llvm::StringRef(row[1]).starts_with("log2"))
      EXPECT_EQ(std::to_string(slice.width), row[1]) << row[0];
  }
}

TEST(PIMSpecification, Timing) {
  const Timing &t = getMachine().timing;
  EXPECT_EQ(t.clockHz, 1e9);
  const std::pair<const char *, uint32_t> parameters[] = {
      {"RL", t.readLatency}, {"WL", t.writeLatency}, {"BL", t.burstLength},
#define PARAMETER(NAME) {#NAME, t.NAME}
      PARAMETER(tCCDS),      PARAMETER(tCCDL),       PARAMETER(tRCDRD),
      PARAMETER(tRCDWR),     PARAMETER(tRAS),        PARAMETER(tRC),
      PARAMETER(tRP),        PARAMETER(tRRDS),       PARAMETER(tRRDL),
      PARAMETER(tRTPL),      PARAMETER(tWR),         PARAMETER(tWTRS),
      PARAMETER(tWTRL),      PARAMETER(tRTRS),       PARAMETER(tREFI),
      PARAMETER(tRFC),
#undef PARAMETER
  };
  Table expected;
  for (auto [name, cycles] : parameters)
    expected.push_back({name, std::to_string(cycles)});
  EXPECT_EQ(getPairs("Timing", "Parameter"), expected);
}

TEST(PIMSpecification, DerivedTimes) {
  const Timing &t = getMachine().timing;
  const uint32_t expected[] = {t.getReadToPrecharge(),
                               t.getWriteToPrecharge(),
                               t.getReadToWrite(),
                               t.getWriteToRead(/*sameBankGroup=*/true),
                               t.getWriteToRead(/*sameBankGroup=*/false),
                               t.getBurstToOtherRank()};
  for (auto [row, cycles] :
       llvm::zip_equal(getTable("Timing", "Interval"), expected))
    EXPECT_EQ(row[1], std::to_string(cycles)) << row[0];
}

TEST(PIMSpecification, Queues) {
  const Controller &controller = getMachine().controller;
  EXPECT_EQ(getPairs("Controller", "Queue"),
            Table({{"command queue of a rank",
                    std::to_string(controller.commandQueueDepth)},
                   {"transaction queue",
                    std::to_string(controller.transactionQueueDepth)},
                   {"accesses to an open row",
                    std::to_string(controller.maxRowAccesses)}}));
}

TEST(PIMSpecification, StreamHeader) {
  Table expected, found;
  for (const auto &[key, value] : makeHeader(getMachine()))
    expected.push_back({key});
  for (const Row &row : getTable("Streams of transactions", "Key"))
    found.push_back({row[0]});
  EXPECT_EQ(found, expected);
}

} // namespace
