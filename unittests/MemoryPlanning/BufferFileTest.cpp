//===- BufferFileTest.cpp - Tests of tables of buffers --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/BufferFile.h"

#include "gtest/gtest.h"

using namespace garam::memory;

namespace {

llvm::Expected<BufferTable> read(llvm::StringRef text) {
  return readBufferTable(llvm::MemoryBufferRef(text, "t.csv"));
}

std::string getFault(llvm::StringRef text) {
  llvm::Expected<BufferTable> table = read(text);
  return table ? "" : llvm::toString(table.takeError());
}

/// Columns may be in any order, lines may end as on other systems, and what is
/// not ours is kept.
TEST(BufferFile, KeepsRows) {
  llvm::Expected<BufferTable> table =
      read("name,size,id,lower,upper\r\nx, 10 ,a,-3,7\r\n\r\ny,20,b,7,9\r\n");
  ASSERT_TRUE(static_cast<bool>(table));
  ASSERT_EQ(table->buffers.size(), 2u);
  EXPECT_EQ(table->buffers[0].size, 10);
  EXPECT_EQ(table->buffers[0].lower, -3);
  EXPECT_EQ(table->buffers[1].upper, 9);
  std::string text;
  llvm::raw_string_ostream os(text);
  writePlan(*table, {4, 0}, os);
  EXPECT_EQ(text, "name,size,id,lower,upper,offset\nx, 10 ,a,-3,7,4\n"
                  "y,20,b,7,9,0\n");
}

TEST(BufferFile, TakesWhatSpreadsheetsWrite) {
  llvm::StringRef text = "\xEF\xBB\xBF\"id\",\"lower\",upper,size\r\n"
                         "\"a, b\",\"0\",5, \"8\" \r\n";
  llvm::Expected<BufferTable> table = read(text);
  ASSERT_TRUE(static_cast<bool>(table));
  EXPECT_EQ(table->buffers[0].size, 8);
  std::string plan;
  llvm::raw_string_ostream os(plan);
  writePlan(*table, {16}, os);
  EXPECT_EQ(plan, "\"id\",\"lower\",upper,size,offset\n"
                  "\"a, b\",\"0\",5, \"8\" ,16\n");
  EXPECT_EQ(getFault("id,lower,upper,size\n\"a,0,5,8\n"),
            "t.csv:2: found 1 values, needed 4");
}

TEST(BufferFile, NamesLines) {
  EXPECT_EQ(getFault(""), "t.csv:0: the file is empty, needed a header "
                          "'id,lower,upper,size'");
  EXPECT_EQ(getFault("id,lower,size\n"),
            "t.csv:1: needed one column 'upper', found the columns "
            "'id,lower,size'");
  EXPECT_EQ(getFault("id,lower,upper,size,size\n"),
            "t.csv:1: needed one column 'size', found the columns "
            "'id,lower,upper,size,size'");
  EXPECT_EQ(getFault("id,lower,upper,size,offset\n"),
            "t.csv:1: there is a column 'offset' already");
  EXPECT_EQ(getFault("id,lower,upper,size\na,0,1\n"),
            "t.csv:2: found 3 values, needed 4");
  EXPECT_EQ(getFault("id,lower,upper,size\na,0,1,9223372036854775808\n"),
            "t.csv:2: 'size': found '9223372036854775808', needed a whole "
            "number below 2^63");
  EXPECT_EQ(getFault("id,lower,upper,size\n\na,5,5,1\n"),
            "t.csv:3: found 'upper' 5, needed more than 'lower', 5");
  EXPECT_EQ(getFault("id,lower,upper,size\na,0,1,-1\n"),
            "t.csv:2: found 'size' -1, needed 0 or more bytes");
}

TEST(BufferFile, Constraints) {
  llvm::Expected<BufferTable> table =
      read("id,bank,lower,upper,size,alignment\na,64,0,1,48,16\nb,0,0,1,9,1\n");
  ASSERT_TRUE(static_cast<bool>(table));
  EXPECT_EQ(table->buffers[0].alignment, 16);
  EXPECT_EQ(table->buffers[0].bankSize, 64);
  EXPECT_EQ(table->buffers[1].alignment, 1);
  EXPECT_EQ(table->buffers[1].bankSize, 0);
  table = read("id,lower,upper,size\na,0,1,4\n");
  ASSERT_TRUE(static_cast<bool>(table));
  EXPECT_EQ(table->buffers[0].alignment, 1);
  EXPECT_EQ(table->buffers[0].bankSize, 0);
}

TEST(BufferFile, NamesLinesOfConstraints) {
  llvm::StringRef header = "id,lower,upper,size,alignment,bank\na,0,1,";
  EXPECT_EQ(getFault(header.str() + "4,0,0\n"),
            "t.csv:2: found 'alignment' 0, needed 1 or more bytes");
  EXPECT_EQ(getFault(header.str() + "4,x,0\n"),
            "t.csv:2: 'alignment': found 'x', needed a whole number below "
            "2^63");
  llvm::StringRef needed = ", needed a multiple of the alignment that holds "
                           "the buffer, or 0 for no banks";
  EXPECT_EQ(getFault(header.str() + "8,4,6\n"),
            "t.csv:2: found 'bank' 6 for 8 bytes aligned to 4" + needed.str());
  EXPECT_EQ(getFault(header.str() + "8,3,16\n"),
            "t.csv:2: found 'bank' 16 for 8 bytes aligned to 3" + needed.str());
  EXPECT_EQ(getFault(header.str() + "8,1,-1\n"),
            "t.csv:2: found 'bank' -1 for 8 bytes aligned to 1" + needed.str());
  EXPECT_EQ(getFault("id,lower,upper,size,bank,bank\n"),
            "t.csv:1: needed at most one column 'bank', found the columns "
            "'id,lower,upper,size,bank,bank'");
}

} // namespace
