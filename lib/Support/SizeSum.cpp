//===- SizeSum.cpp - Sizes as sums of products ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SizeSum.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace garam {

void SizeSum::add(const SizeProduct &product, int64_t count) {
  int64_t &known = products[product];
  isTooLarge |= llvm::AddOverflow(known, count, known);
  if (known == 0)
    products.erase(product);
}

SizeSum SizeSum::ofConstant(MLIRContext *context, int64_t value) {
  SizeSum sum(context);
  sum.add({}, value);
  return sum;
}

SizeSum SizeSum::ofFactor(AffineExpr expr) {
  std::string key;
  llvm::raw_string_ostream(key) << expr;
  SizeSum sum(expr.getContext());
  sum.add({SizeFactor{key, expr}}, 1);
  return sum;
}

std::optional<int64_t> SizeSum::getConstant() const {
  if (products.empty())
    return 0;
  const auto &[product, count] = *products.begin();
  if (products.size() == 1 && product.empty())
    return count;
  return std::nullopt;
}

SizeSum SizeSum::operator+(const SizeSum &other) const {
  SizeSum sum = *this;
  sum.isTooLarge |= other.isTooLarge;
  for (const auto &[product, count] : other.products)
    sum.add(product, count);
  return sum;
}

SizeSum SizeSum::operator*(const SizeSum &other) const {
  SizeSum result(context);
  result.isTooLarge = isTooLarge || other.isTooLarge;
  for (const auto &[left, leftCount] : products)
    for (const auto &[right, rightCount] : other.products) {
      SizeProduct product(left);
      llvm::append_range(product, right);
      llvm::sort(product);
      int64_t count;
      result.isTooLarge |= llvm::MulOverflow(leftCount, rightCount, count);
      result.add(product, count);
    }
  return result;
}

/// What is left of `product` without the factors of `divisor`, if it has them.
static std::optional<SizeProduct> without(SizeProduct product,
                                          const SizeProduct &divisor) {
  for (const SizeFactor &factor : divisor) {
    auto found = llvm::find(product, factor);
    if (found == product.end())
      return std::nullopt;
    product.erase(found);
  }
  return product;
}

SizeSum SizeSum::divide(const SizeSum &divisor, bool &isExact) const {
  SizeSum quotient(context), rest(context);
  bool isProduct = divisor.products.size() == 1;
  for (const auto &[product, count] : products) {
    std::optional<SizeProduct> left;
    if (isProduct)
      left = without(product, divisor.products.begin()->first);
    if (!left) {
      rest.add(product, count);
      continue;
    }
    // What remains of each is less than the divisor, so that equal quotients
    // are of one form.
    int64_t by = divisor.products.begin()->second;
    if (llvm::divideSignedWouldOverflow(count, by)) {
      isExact = false;
      quotient.isTooLarge = true;
      return quotient;
    }
    int64_t times = by > 0 || count % by == 0
                        ? llvm::divideFloorSigned(count, by)
                        : int64_t(0);
    if (times != 0)
      quotient.add(*left, times);
    if (int64_t remainder = count - times * by)
      rest.add(product, remainder);
  }
  isExact = rest.products.empty();
  if (isExact)
    return quotient;
  return quotient + ofFactor(rest.toExpr().floorDiv(divisor.toExpr()));
}

SizeSum SizeSum::replace(const SizeSum &product, const SizeSum &value,
                         int64_t scale) const {
  const SizeProduct &replaced = product.products.begin()->first;
  SizeSum sum = *this;
  bool isFound = true;
  while (isFound) { // once for each power of it
    isFound = false;
    SizeSum next(context);
    for (const auto &[factors, count] : sum.products) {
      std::optional<SizeProduct> left = without(factors, replaced);
      isFound |= left.has_value();
      SizeSum term(context);
      term.add(left.value_or(factors), count);
      next = next + term * (left ? value : ofConstant(context, scale));
    }
    if (isFound)
      sum = next;
  }
  return sum;
}

AffineExpr SizeSum::toExpr() const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  // Constants last, as they are written.
  for (const auto &[product, count] : llvm::reverse(products)) {
    AffineExpr term = getAffineConstantExpr(1, context);
    for (const SizeFactor &factor : product)
      term = term * factor.expr;
    sum = sum + term * count;
  }
  return sum;
}

/// The sum that an operation on two of them is. What it has no sum for is a
/// factor by itself.
static SizeSum combine(AffineBinaryOpExpr expr) {
  SizeSum left = SizeSum::of(expr.getLHS()), right = SizeSum::of(expr.getRHS());
  auto minusOne = SizeSum::ofConstant(expr.getContext(), -1);
  if (expr.getKind() == AffineExprKind::Add)
    return left + right;
  if (expr.getKind() == AffineExprKind::Mul)
    return left * right;
  if (right.getConstant() == 0)
    return SizeSum::ofFactor(expr);
  bool isExact = false;
  switch (expr.getKind()) {
  case AffineExprKind::FloorDiv:
    return left.divide(right, isExact);
  case AffineExprKind::CeilDiv:
    return (left + right + minusOne).divide(right, isExact);
  case AffineExprKind::Mod:
    return left + minusOne * right * left.divide(right, isExact);
  default:
    return SizeSum::ofFactor(expr);
  }
}

SizeSum SizeSum::of(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return ofConstant(expr.getContext(), constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return ofFactor(expr);
  SizeSum sum = combine(binary);
  return sum.isTooLarge ? ofFactor(expr) : sum;
}

} // namespace garam
