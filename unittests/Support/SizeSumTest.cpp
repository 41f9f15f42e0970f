//===- SizeSumTest.cpp - Tests of sizes as sums of products ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The sums are seen through normalizeSize() and divideSize(), their only door.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/RunTimeSizes.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <limits>

using namespace garam;
using mlir::AffineExpr;

namespace {

constexpr int64_t least = std::numeric_limits<int64_t>::min();
constexpr int64_t most = std::numeric_limits<int64_t>::max();

class SizeSumTest : public testing::Test {
protected:
  AffineExpr constant(int64_t value) {
    return mlir::getAffineConstantExpr(value, &context);
  }

  mlir::MLIRContext context;
  AffineExpr n = mlir::getAffineSymbolExpr(0, &context);
  AffineExpr m = mlir::getAffineSymbolExpr(1, &context);
};

TEST_F(SizeSumTest, EqualSizesHaveOneForm) {
  EXPECT_EQ(normalizeSize((n + 1) * (m + 2)),
            normalizeSize(m * n + m + n * 2 + 2));
  EXPECT_EQ(normalizeSize((n + m) - m), n);
  EXPECT_EQ(normalizeSize((n * 6).floorDiv(3)), normalizeSize(n * 2));
  EXPECT_EQ(normalizeSize(n.ceilDiv(2)), normalizeSize((n + 1).floorDiv(2)));
  EXPECT_EQ(normalizeSize(n % 4), normalizeSize(n - n.floorDiv(4) * 4));
  EXPECT_EQ(normalizeSize(n - n), constant(0));
}

TEST_F(SizeSumTest, ExactQuotients) {
  EXPECT_EQ(divideSize(n * m * 12, n * 4), normalizeSize(m * 3));
  EXPECT_EQ(divideSize(n * 4, n * 4), constant(1));
  EXPECT_EQ(divideSize(constant(0), n), constant(0));
  EXPECT_FALSE(divideSize(n * 3, constant(2)));
  EXPECT_FALSE(divideSize(n, m));
  EXPECT_FALSE(divideSize(n, constant(0)));
  EXPECT_FALSE(divideSize(n, m - m));
}

TEST_F(SizeSumTest, NegativeDivisors) {
  EXPECT_EQ(divideSize(n * 6, constant(-3)), normalizeSize(n * -2));
  EXPECT_FALSE(divideSize(n * 5, constant(-3)));
  EXPECT_EQ(divideSize(n * -4, n * -4), constant(1));
}

TEST_F(SizeSumTest, QuotientsAtTheEndsOfTheNumbers) {
  // 2^63 is no number of 64 bits: the quotient by -1 stays a quotient.
  EXPECT_FALSE(divideSize(constant(least), constant(-1)));
  EXPECT_FALSE(divideSize(n * least, constant(-1)));
  EXPECT_EQ(divideSize(constant(least), constant(least)), constant(1));
  EXPECT_EQ(divideSize(constant(least), constant(2)), constant(least / 2));
  EXPECT_EQ(divideSize(constant(most), constant(-1)), constant(-most));
}

} // namespace
