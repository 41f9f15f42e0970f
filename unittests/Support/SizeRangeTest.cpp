//===- SizeRangeTest.cpp - Tests of what sizes are between ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/RunTimeSizes.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <limits>

using namespace garam;
using mlir::AffineExpr;

namespace {

using Range = std::pair<int64_t, int64_t>;

constexpr int64_t least = std::numeric_limits<int64_t>::min();
constexpr int64_t most = std::numeric_limits<int64_t>::max();
constexpr Range all{least, most};

class SizeRangeTest : public testing::Test {
protected:
  AffineExpr constant(int64_t value) {
    return mlir::getAffineConstantExpr(value, &context);
  }
  /// Of `size` where n is in `first` and m in `second`.
  Range getRange(AffineExpr size, Range first, Range second = {1, 1}) {
    return getSizeRange(size, {{"n", first.first, first.second},
                               {"m", second.first, second.second}});
  }

  /// Checks that each value of `size`, computed for all n and m of small
  /// ranges, is in its range.
  void checkRange(AffineExpr size, Range first, Range second);

  mlir::MLIRContext context;
  AffineExpr n = mlir::getAffineSymbolExpr(0, &context);
  AffineExpr m = mlir::getAffineSymbolExpr(1, &context);
};

void SizeRangeTest::checkRange(AffineExpr size, Range first, Range second) {
  Range range = getRange(size, first, second);
  for (int64_t i = first.first; i <= first.second; ++i)
    for (int64_t j = second.first; j <= second.second; ++j) {
      AffineExpr value = size.replaceSymbols({constant(i), constant(j)});
      auto number = llvm::dyn_cast<mlir::AffineConstantExpr>(value);
      if (!number) // a division by 0
        continue;
      EXPECT_LE(range.first, number.getValue()) << i << ", " << j;
      EXPECT_GE(range.second, number.getValue()) << i << ", " << j;
    }
}

TEST_F(SizeRangeTest, Exact) {
  EXPECT_EQ(getRange(constant(7), {1, 2}), Range(7, 7));
  EXPECT_EQ(getRange(n * 3 + 1, {2, 5}), Range(7, 16));
  EXPECT_EQ(getRange(n - n, {1, 100}), Range(0, 0));
  EXPECT_EQ(getRange(n * 2 - n, {1, 100}), Range(1, 100));
  EXPECT_EQ(getRange(n.ceilDiv(4), {1, 9}), Range(1, 3));
  EXPECT_EQ(getRange(constant(0) - n, {2, 5}), Range(-5, -2));
  EXPECT_EQ(getRange((n - 2) * (m - 2), {3, 10}, {3, 10}), Range(1, 64));
}

TEST_F(SizeRangeTest, UnknownSymbolsAndDimensionsHaveNoBounds) {
  EXPECT_EQ(getRange(mlir::getAffineSymbolExpr(2, &context), {1, 1}), all);
  EXPECT_EQ(getRange(mlir::getAffineDimExpr(0, &context), {1, 1}), all);
}

TEST_F(SizeRangeTest, HoldsAllValues) {
  for (Range first : {Range(0, 5), Range(-4, 3), Range(-6, -2), Range(3, 3)})
    for (Range second : {Range(0, 4), Range(-3, 4), Range(-5, -1)})
      for (AffineExpr size :
           {n * m, n - m, n * m - n, n * n - m * 3, (n - 1) * (m - 1),
            n.floorDiv(3) - n, n - n.floorDiv(3) * 3, (n * 3 - m).floorDiv(2),
            (n - m).ceilDiv(4) - m, n % 3, n.floorDiv(3) * -2 + m.floorDiv(2),
            (n + m) * (n - m), (n.floorDiv(2) - m).floorDiv(3),
            n.floorDiv(3).floorDiv(2) - n.floorDiv(6)}) {
        std::string text;
        llvm::raw_string_ostream(text)
            << size << ", " << first.first << ".." << first.second << ", "
            << second.first << ".." << second.second;
        SCOPED_TRACE(text);
        checkRange(size, first, second);
      }
}

TEST_F(SizeRangeTest, NegativeAndUnknownDivisors) {
  // Exact ones are products; of others nothing is known.
  EXPECT_EQ(getRange((n * 6).floorDiv(-3), {1, 10}), Range(-20, -2));
  EXPECT_EQ(getRange(n.floorDiv(-3), {1, 10}), all);
  EXPECT_EQ(getRange(n.floorDiv(constant(0)), {1, 10}), all);
  EXPECT_EQ(getRange(n.floorDiv(m), {8, 16}, {2, 4}), Range(2, 8));
  EXPECT_EQ(getRange(n.floorDiv(m), {8, 16}, {0, 4}), all);
  EXPECT_EQ(getRange(n.floorDiv(-1), {least, 0}), all);
}

TEST_F(SizeRangeTest, BoundsThatAreNoNumbers) {
  EXPECT_EQ(getRange(n * m, {1, most}, {2, most}), Range(2, most));
  EXPECT_EQ(getRange(n + m, {1, most}, {1, most}), Range(2, most));
  EXPECT_EQ(getRange(n - m, {least, -1}, {1, most}).first, least);
  EXPECT_EQ(getRange(n * least, {0, 1}), Range(least, 0));
  // What is done with them makes them no numbers again.
  constexpr int64_t large = int64_t(1) << 40;
  EXPECT_EQ(getRange((n * m).floorDiv(2), {1, large}, {1, large}),
            Range(0, most));
  EXPECT_EQ(getRange(n * m - 5, {1, large}, {1, large}), Range(-4, most));
  EXPECT_EQ(getRange(n * m * -1, {1, large}, {1, large}), Range(least, -1));
  EXPECT_EQ(getRange(n * m * 0, {1, large}, {1, large}), Range(0, 0));
}

TEST_F(SizeRangeTest, LargeNumbers) {
  constexpr int64_t large = int64_t(1) << 62;
  // A constant as large as that leaves no room for others.
  EXPECT_EQ(getRange(n * m - n + most, {2, 3}, {2, 3}).second, most);
  // Multiplied by the divisor, the count of m would be 0.
  Range range = getRange(n.floorDiv(4) - m * large, {4, 8}, {0, 1});
  EXPECT_LE(range.first, 1 - large);
  EXPECT_GE(range.second, 2);
  // So would the sum of two counts.
  EXPECT_EQ(getRange(n * large + m + n * large, {1, 3}, {1, 1}).second, most);
  EXPECT_EQ(getRange(m * least - n.floorDiv(2), {0, 2}, {0, 1}),
            Range(least, 0));
}

TEST_F(SizeRangeTest, QuotientsInEachOther) {
  AffineExpr size = n;
  for (int level = 0; level < 24; ++level)
    size = (size - 1).floorDiv(2);
  EXPECT_EQ(getRange(size - 1, {1 << 28, 1 << 30}), Range(14, 62));
}

TEST_F(SizeRangeTest, SymbolsWithoutSizesAreNone) {
  mlir::ArrayAttr sizes = makeSymbolsAttr(&context, {{"n", 1, 4}});
  ASSERT_EQ(readSymbols(sizes).size(), 1u);
  EXPECT_EQ(readSymbols(sizes).front().most, 4);
  EXPECT_TRUE(readSymbols(makeSymbolsAttr(&context, {{"n", 4, 1}})).empty());
  EXPECT_TRUE(readSymbols({}).empty());
}

} // namespace
