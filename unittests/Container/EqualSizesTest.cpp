//===- EqualSizesTest.cpp - Tests of sizes that have to be equal ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/EqualSizes.h"
#include "gtest/gtest.h"

#include <limits>

using namespace garam;

namespace {

using Kind = SizeTerm::Kind;

/// Symbol 0 is `multiple` times its quotient by that.
EqualSizes makeMultiple(int64_t multiple) {
  EqualSizes condition;
  condition.terms = {{Kind::Symbol, 0},
                     {Kind::Constant, multiple},
                     {Kind::Quotient, 0, 0, 1},
                     {Kind::Product, 0, 2, 1}};
  condition.left = {0, "h"};
  condition.right = {3, "h / m * m"};
  condition.node = "join";
  return condition;
}

TEST(EqualSizesTest, ComputesBothSizes) {
  EXPECT_EQ(computeSizes(makeMultiple(4), {11}),
            std::optional(std::pair<int64_t, int64_t>(11, 8)));
}

// What is no number is equal to nothing.
TEST(EqualSizesTest, ComputesNumbersOf64BitsOnly) {
  EXPECT_EQ(computeSizes(makeMultiple(0), {11}), std::nullopt);
  EXPECT_EQ(computeSizes(makeMultiple(-1), {11}), std::nullopt);
  EqualSizes sum;
  sum.terms = {{Kind::Symbol, 0}, {Kind::Sum, 0, 0, 0}};
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(computeSizes(sum, {most}), std::nullopt);
  sum.terms.back().kind = Kind::Product;
  EXPECT_EQ(computeSizes(sum, {most}), std::nullopt);
}

TEST(EqualSizesTest, FindsTheMultiplesOfAllConditions) {
  EqualSizes conditions[] = {makeMultiple(4), makeMultiple(6)};
  Symbol symbol{"h", 5, 40};
  EXPECT_EQ(describeMultiples(conditions, 0, symbol, {7}),
            "'h' must be a multiple of 12");
  EXPECT_EQ(*listFittingSizes(conditions, 0, symbol, {7}),
            std::vector<int64_t>({12, 24, 36}));
  // One multiple may be of anything.
  symbol.most = 20;
  EXPECT_EQ(describeMultiples(conditions, 0, symbol, {7}), "");
}

// Of a long range the sizes around the given one are tried, to its very end.
TEST(EqualSizesTest, TriesAPartOfLongRanges) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  Symbol symbol{"h", 0, most};
  EqualSizes condition = makeMultiple(1000);
  EXPECT_EQ(describeMultiples(condition, 0, symbol, {most}),
            "'h' must be a multiple of 1000");
  EXPECT_EQ(describeMultiples(condition, 0, symbol, {0}),
            "'h' must be a multiple of 1000");
}

TEST(EqualSizesTest, ListsNothingForSeveralSymbols) {
  EqualSizes condition;
  condition.terms = {{Kind::Symbol, 0}, {Kind::Symbol, 1}};
  condition.right.term = 1;
  Symbol symbols[] = {{"a", 1, 4}, {"b", 1, 4}};
  EXPECT_EQ(listFittingSizes(condition, 0, symbols, {1, 2}), std::nullopt);
  EXPECT_EQ(describeMultiples(condition, 0, symbols, {1, 2}), "");
}

} // namespace
