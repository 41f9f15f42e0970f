//===- SizeRange.cpp - Between what a size is -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SizeSum.h"
#include "garam/Support/RunTimeSizes.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace garam {

static int64_t addSaturated(int64_t left, int64_t right) {
  int64_t sum;
  if (!llvm::AddOverflow(left, right, sum))
    return sum;
  return left < 0 ? std::numeric_limits<int64_t>::min()
                  : std::numeric_limits<int64_t>::max();
}

static int64_t multiplySaturated(int64_t left, int64_t right) {
  int64_t product;
  if (!llvm::MulOverflow(left, right, product))
    return product;
  return (left < 0) != (right < 0) ? std::numeric_limits<int64_t>::min()
                                   : std::numeric_limits<int64_t>::max();
}

using Range = std::pair<int64_t, int64_t>;

/// As if no two parts of `size` had a symbol in common.
static Range getInterval(AffineExpr size, ArrayRef<SizeSymbol> symbols) {
  constexpr Range all{std::numeric_limits<int64_t>::min(),
                      std::numeric_limits<int64_t>::max()};
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return {constant.getValue(), constant.getValue()};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return symbol.getPosition() < symbols.size()
               ? Range(symbols[symbol.getPosition()].least,
                       symbols[symbol.getPosition()].most)
               : all;
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary)
    return all;
  Range left = getInterval(binary.getLHS(), symbols);
  Range right = getInterval(binary.getRHS(), symbols);
  if (size.getKind() == AffineExprKind::Add)
    return {addSaturated(left.first, right.first),
            addSaturated(left.second, right.second)};
  auto getHull = [&](llvm::function_ref<int64_t(int64_t, int64_t)> compute) {
    auto [least, most] = std::minmax({compute(left.first, right.first),
                                      compute(left.first, right.second),
                                      compute(left.second, right.first),
                                      compute(left.second, right.second)});
    return Range(least, most);
  };
  if (size.getKind() == AffineExprKind::Mul)
    return getHull(multiplySaturated);
  if (size.getKind() == AffineExprKind::FloorDiv && right.first > 0)
    return getHull([](int64_t dividend, int64_t divisor) {
      return llvm::divideFloorSigned(dividend, divisor);
    });
  return all;
}

/// `sum` with each factor replaced by what it is more than its least value,
/// and these differences between 0 and their greatest values: of a product as
/// (h - 2) * (w - 2), whose terms have both signs, all then have one sign.
/// None where a number of it may be too large.
static std::optional<Range> getShiftedRange(const SizeSum &sum,
                                            ArrayRef<SizeSymbol> symbols,
                                            MLIRContext *context) {
  constexpr int64_t largest = int64_t(1) << 55; // sums of some stay numbers
  SizeSum shifted(context);
  for (const auto &[product, count] : sum.getProducts()) {
    SizeSum term = SizeSum::ofConstant(context, count);
    int64_t most = std::abs(count);
    for (const SizeFactor &factor : product) {
      auto [low, high] = getSizeRange(factor.expr, symbols);
      most = low < 0 ? largest : multiplySaturated(most, high);
      if (most >= largest)
        return std::nullopt;
      term = term * (SizeSum::ofFactor(factor.expr) +
                     SizeSum::ofConstant(context, low));
    }
    shifted = shifted + term;
  }
  Range range{0, 0};
  for (const auto &[product, count] : shifted.getProducts()) {
    int64_t most = count;
    for (const SizeFactor &factor : product) {
      auto [low, high] = getSizeRange(factor.expr, symbols);
      most = multiplySaturated(most, high - low);
    }
    if (product.empty() || count < 0)
      range.first = addSaturated(range.first, most);
    if (product.empty() || count > 0)
      range.second = addSaturated(range.second, most);
  }
  return range;
}

static Range getRange(const SizeSum &sum, ArrayRef<SizeSymbol> symbols,
                      MLIRContext *context) {
  Range range = getInterval(sum.toExpr(), symbols);
  if (auto shifted = getShiftedRange(sum, symbols, context)) {
    range.first = std::max(range.first, shifted->first);
    range.second = std::min(range.second, shifted->second);
  }
  return range;
}

namespace {
/// A quotient by a number that is a term of a sum.
struct QuotientTerm {
  AffineExpr dividend;
  int64_t divisor = 0, count = 0;
  SizeProduct product;
};
} // namespace

/// The one that no other one holds, if there is one.
static std::optional<QuotientTerm> findQuotient(const SizeSum &sum) {
  std::optional<QuotientTerm> found;
  for (const auto &[product, count] : sum.getProducts()) {
    if (product.size() != 1 ||
        product[0].expr.getKind() != AffineExprKind::FloorDiv)
      continue;
    auto quotient = cast<AffineBinaryOpExpr>(product[0].expr);
    auto divisor = dyn_cast<AffineConstantExpr>(quotient.getRHS());
    // What holds another one has the longer text.
    bool isOuter =
        !found || product[0].key.size() > found->product[0].key.size();
    if (divisor && divisor.getValue() > 0 && isOuter)
      found = {quotient.getLHS(), divisor.getValue(), count, product};
  }
  return found;
}

/// What `sum` is at least. A quotient by d of x is more than (x - d) / d and
/// at most x / d: sums of d times the terms, in which x meets its like.
static int64_t getLeast(SizeSum sum, ArrayRef<SizeSymbol> symbols,
                        MLIRContext *context) {
  constexpr int64_t largestScale = int64_t(1) << 30; // products stay numbers
  int64_t scale = 1;
  int64_t least = getRange(sum, symbols, context).first;
  while (std::optional<QuotientTerm> term = findQuotient(sum)) {
    if (term->divisor > largestScale / scale ||
        std::abs(term->count) > largestScale)
      return least;
    scale *= term->divisor;
    sum.add(term->product, -term->count);
    sum =
        sum * SizeSum::ofConstant(context, term->divisor) +
        SizeSum::of(term->dividend) * SizeSum::ofConstant(context, term->count);
    if (term->count > 0)
      sum.add({}, -term->count * (term->divisor - 1));
    // Saturated, it bounds nothing.
    int64_t scaled = getRange(sum, symbols, context).first;
    if (scaled != std::numeric_limits<int64_t>::min())
      least = std::max(least, llvm::divideCeilSigned(scaled, scale));
  }
  return least;
}

/// Whether `sum` grows with all that it is of.
static bool isMonotonic(const SizeSum &sum) {
  return llvm::all_of(sum.getProducts(), [](const auto &term) {
    return term.first.empty() || term.second > 0;
  });
}

Range getSizeRange(AffineExpr size, ArrayRef<SizeSymbol> symbols) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary)
    return getInterval(size, symbols);
  if (size.getKind() == AffineExprKind::FloorDiv) {
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!divisor || divisor.getValue() <= 0)
      return getInterval(size, symbols);
    auto [least, most] = getSizeRange(binary.getLHS(), symbols);
    return {llvm::divideFloorSigned(least, divisor.getValue()),
            llvm::divideFloorSigned(most, divisor.getValue())};
  }
  SizeSum sum = SizeSum::of(size);
  if (isMonotonic(sum))
    return getInterval(sum.toExpr(), symbols);
  MLIRContext *context = size.getContext();
  SizeSum negative = sum * SizeSum::ofConstant(context, -1);
  Range range = getRange(sum, symbols, context);
  range.first = std::max(range.first, getLeast(sum, symbols, context));
  int64_t negated = getLeast(negative, symbols, context);
  if (negated != std::numeric_limits<int64_t>::min())
    range.second = std::min(range.second, -negated);
  return range;
}

} // namespace garam
