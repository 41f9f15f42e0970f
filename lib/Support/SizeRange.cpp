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

using Range = std::pair<int64_t, int64_t>;

/// As bounds, these stand for what is no number of 64 bits: as a lower one the
/// least says nothing, as an upper one the greatest.
static constexpr int64_t leastNumber = std::numeric_limits<int64_t>::min();
static constexpr int64_t mostNumber = std::numeric_limits<int64_t>::max();
static constexpr Range all{leastNumber, mostNumber};

static int64_t addSaturated(int64_t left, int64_t right) {
  int64_t sum;
  if (!llvm::AddOverflow(left, right, sum))
    return sum;
  return left < 0 ? leastNumber : mostNumber;
}

static int64_t multiplySaturated(int64_t left, int64_t right) {
  int64_t product;
  if (!llvm::MulOverflow(left, right, product))
    return product;
  return (left < 0) != (right < 0) ? leastNumber : mostNumber;
}

static bool hasLeast(Range range) { return range.first != leastNumber; }
static bool hasMost(Range range) { return range.second != mostNumber; }

static Range add(Range left, Range right) {
  return {
      hasLeast(left) && hasLeast(right) ? addSaturated(left.first, right.first)
                                        : leastNumber,
      hasMost(left) && hasMost(right) ? addSaturated(left.second, right.second)
                                      : mostNumber};
}

static Range multiply(Range left, Range right) {
  auto [least, most] =
      std::minmax({multiplySaturated(left.first, right.first),
                   multiplySaturated(left.first, right.second),
                   multiplySaturated(left.second, right.first),
                   multiplySaturated(left.second, right.second)});
  Range product{least, most};
  // A side without a bound reaches as far as the other's sign lets it.
  auto extend = [&](Range open, Range other) {
    bool isNegative = other.first < 0, isPositive = other.second > 0;
    if ((!hasMost(open) && isNegative) || (!hasLeast(open) && isPositive))
      product.first = leastNumber;
    if ((!hasMost(open) && isPositive) || (!hasLeast(open) && isNegative))
      product.second = mostNumber;
  };
  extend(left, right);
  extend(right, left);
  return product;
}

/// Rounded down; the divisor is positive.
static Range divide(Range dividend, Range divisor) {
  auto getQuotient = [](int64_t left, int64_t right) {
    return llvm::divideFloorSigned(left, right);
  };
  return {
      hasLeast(dividend) ? std::min(getQuotient(dividend.first, divisor.first),
                                    getQuotient(dividend.first, divisor.second))
                         : leastNumber,
      hasMost(dividend) ? std::max(getQuotient(dividend.second, divisor.first),
                                   getQuotient(dividend.second, divisor.second))
                        : mostNumber};
}

/// As if no two parts of `size` had a symbol in common.
static Range getInterval(AffineExpr size, ArrayRef<SizeSymbol> symbols) {
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
    return add(left, right);
  if (size.getKind() == AffineExprKind::Mul)
    return multiply(left, right);
  if (size.getKind() == AffineExprKind::FloorDiv && right.first > 0)
    return divide(left, right);
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
    if (count <= -largest || count >= largest)
      return std::nullopt;
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

/// Whether the counts of `sum` stay numbers of 64 bits when they are multiplied
/// by one that is `scale` at most.
static bool isScalable(const SizeSum &sum, int64_t scale) {
  return llvm::all_of(sum.getProducts(), [&](const auto &term) {
    // Half of them, so that another one can be added.
    int64_t most = mostNumber / scale / 2;
    return term.second >= -most && term.second <= most;
  });
}

/// What `sum` is at least. A quotient by d of x is more than (x - d) / d and
/// at most x / d: sums of d times the terms, in which x meets its like.
static int64_t getLeast(SizeSum sum, ArrayRef<SizeSymbol> symbols,
                        MLIRContext *context) {
  constexpr int64_t largestScale = int64_t(1) << 30; // products stay numbers
  int64_t scale = 1;
  int64_t least = getRange(sum, symbols, context).first;
  while (std::optional<QuotientTerm> term = findQuotient(sum)) {
    if (term->divisor > largestScale / scale || term->count < -largestScale ||
        term->count > largestScale)
      return least;
    SizeSum dividend = SizeSum::of(term->dividend);
    if (!isScalable(sum, term->divisor) ||
        !isScalable(dividend, std::abs(term->count)))
      return least;
    scale *= term->divisor;
    sum.add(term->product, -term->count);
    sum = sum * SizeSum::ofConstant(context, term->divisor) +
          dividend * SizeSum::ofConstant(context, term->count);
    if (term->count > 0)
      sum.add({}, -term->count * (term->divisor - 1));
    // Saturated, it bounds nothing.
    int64_t scaled = getRange(sum, symbols, context).first;
    if (scaled != leastNumber)
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
    return divide(getSizeRange(binary.getLHS(), symbols),
                  {divisor.getValue(), divisor.getValue()});
  }
  SizeSum sum = SizeSum::of(size);
  if (isMonotonic(sum))
    return getInterval(sum.toExpr(), symbols);
  MLIRContext *context = size.getContext();
  Range range = getRange(sum, symbols, context);
  range.first = std::max(range.first, getLeast(sum, symbols, context));
  if (!isScalable(sum, 1))
    return range;
  SizeSum negative = sum * SizeSum::ofConstant(context, -1);
  int64_t negated = getLeast(negative, symbols, context);
  if (negated != leastNumber)
    range.second = std::min(range.second, -negated);
  return range;
}

} // namespace garam
