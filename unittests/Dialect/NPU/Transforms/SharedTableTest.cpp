//===- SharedTableTest.cpp - Copies of tables share and part --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SharedTable.h"

#include "gtest/gtest.h"

#include <string>

using namespace garam::npu;

// Numbers in the same and in different nodes of the table, which grows.
constexpr size_t numbers[] = {0, 63, 64, 1000};

TEST(SharedTable, FindsWhatWasSet) {
  SharedTable<std::string> table;
  for (size_t number : numbers) {
    EXPECT_EQ(table.find(number), nullptr);
    EXPECT_EQ(table.set(number, std::to_string(number)),
              std::to_string(number));
  }
  for (size_t number : numbers)
    EXPECT_EQ(*table.find(number), std::to_string(number));
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(table.find(5000), nullptr);
}

TEST(SharedTable, MakesWhatIsChanged) {
  SharedTable<std::string> table;
  table.get(7) += "a";
  table.get(7) += "b";
  EXPECT_EQ(*table.find(7), "ab");
}

TEST(SharedTable, ForgetsWhatIsErased) {
  SharedTable<std::string> table;
  table.set(3, "three");
  table.set(4, "four");
  table.erase(3);
  table.erase(3);
  table.erase(900);
  EXPECT_EQ(table.find(3), nullptr);
  EXPECT_EQ(*table.find(4), "four");
  table.erase(4);
  EXPECT_EQ(table.find(4), nullptr);
  table.set(4, "again");
  EXPECT_EQ(*table.find(4), "again");
  table.clear();
  EXPECT_EQ(table.find(4), nullptr);
}

// What one copy changes, sets or erases stays in the other as it was.
TEST(SharedTable, CopiesPart) {
  SharedTable<std::string> first;
  for (size_t number : numbers)
    first.set(number, "old");
  SharedTable<std::string> second = first;
  EXPECT_EQ(second.find(0), first.find(0)) << "is not shared";
  second.get(0) += "er";
  second.set(63, "new");
  second.erase(64);
  first.get(1000) = "first's";
  EXPECT_EQ(*first.find(0), "old");
  EXPECT_EQ(*first.find(63), "old");
  EXPECT_EQ(*first.find(64), "old");
  EXPECT_EQ(*second.find(0), "older");
  EXPECT_EQ(*second.find(63), "new");
  EXPECT_EQ(second.find(64), nullptr);
  EXPECT_EQ(*second.find(1000), "old");
}
