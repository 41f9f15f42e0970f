//===- SizeEqualities.cpp - Sizes that a run has to have equal ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/SizeEqualities.h"

#include "SizeSum.h"
#include "mlir/IR/Builders.h"

#include <numeric>

using namespace mlir;

namespace garam {

ArrayAttr makeConditionsAttr(MLIRContext *context,
                             ArrayRef<SizeCondition> conditions,
                             unsigned numSymbols) {
  Builder b(context);
  auto makeMap = [&](AffineExpr size) {
    return AffineMapAttr::get(AffineMap::get(0, numSymbols, size));
  };
  SmallVector<Attribute> entries;
  for (const SizeCondition &condition : conditions)
    entries.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("left", makeMap(condition.left)),
         b.getNamedAttr("node", b.getStringAttr(condition.node)),
         b.getNamedAttr("right", makeMap(condition.right))}));
  return b.getArrayAttr(entries);
}

std::vector<SizeCondition> readConditions(ArrayAttr attr) {
  std::vector<SizeCondition> conditions;
  for (Attribute value : attr ? attr.getValue() : ArrayRef<Attribute>()) {
    auto entry = dyn_cast<DictionaryAttr>(value);
    auto left = entry ? entry.getAs<AffineMapAttr>("left") : AffineMapAttr();
    auto right = entry ? entry.getAs<AffineMapAttr>("right") : AffineMapAttr();
    auto node = entry ? entry.getAs<StringAttr>("node") : StringAttr();
    auto isSize = [](AffineMapAttr map) {
      return map && map.getValue().getNumResults() == 1 &&
             map.getValue().getNumDims() == 0;
    };
    if (!isSize(left) || !isSize(right) || !node)
      return {};
    conditions.push_back({left.getValue().getResult(0),
                          right.getValue().getResult(0), node.str()});
  }
  return conditions;
}

/// `sum` with the greatest common divisor of its numbers taken out.
static SizeSum makePrimitive(const SizeSum &sum, MLIRContext *context) {
  uint64_t divisor = 0;
  for (const auto &[product, count] : sum.getProducts())
    divisor = std::gcd(divisor, uint64_t(count < 0 ? -uint64_t(count) : count));
  SizeSum result(context);
  for (const auto &[product, count] : sum.getProducts())
    result.add(product, divisor > 1 ? count / int64_t(divisor) : count);
  return result;
}

AffineExpr SizeEqualities::reduce(AffineExpr difference) const {
  MLIRContext *context = difference.getContext();
  SizeSum sum = SizeSum::of(difference);
  for (const Rule &rule : rules) {
    sum = rule.isEverywhere
              ? SizeSum::of(sum.toExpr().replace(rule.product, rule.value))
              : sum.replace(SizeSum::of(rule.product), SizeSum::of(rule.value),
                            rule.scale);
    sum = makePrimitive(sum, context);
  }
  return sum.toExpr();
}

bool SizeEqualities::areEqual(AffineExpr left, AffineExpr right) const {
  return SizeSum::of(reduce(left - right)).getConstant() == 0;
}

/// Whether `product` is nowhere else in `sum`, at most within quotients.
static bool standsAlone(const SizeProduct &product, const SizeSum &sum) {
  return llvm::count_if(sum.getProducts(), [&](const auto &term) {
           return llvm::includes(term.first, product);
         }) == 1;
}

/// Whether `product` is a symbol that is nowhere else in `sum`.
static bool isOwnSymbol(const SizeProduct &product, const SizeSum &sum) {
  if (product.size() != 1)
    return false;
  auto symbol = dyn_cast<AffineSymbolExpr>(product[0].expr);
  return symbol &&
         llvm::count_if(sum.getProducts(), [&](const auto &term) {
           return llvm::any_of(term.first, [&](const SizeFactor &factor) {
             return factor.expr.isFunctionOfSymbol(symbol.getPosition());
           });
         }) == 1;
}

bool SizeEqualities::add(AffineExpr left, AffineExpr right) {
  MLIRContext *context = left.getContext();
  SizeSum difference =
      makePrimitive(SizeSum::of(reduce(left - right)), context);
  if (difference.getConstant() == 0)
    return true;
  size_t numVariable = llvm::count_if(
      difference.getProducts(), [](auto &term) { return !term.first.empty(); });
  if (numVariable < 2)
    return false;
  // A symbol by itself is replaced everywhere. Of other products the smaller
  // number makes smaller ones of what it is replaced in.
  constexpr int64_t mostScale = 1 << 12;
  const SizeProduct *chosen = nullptr;
  bool isEverywhere = false;
  int64_t chosenCount = 0;
  for (const auto &[product, count] : difference.getProducts()) {
    if (product.empty() || std::abs(count) > mostScale ||
        !standsAlone(product, difference))
      continue;
    bool isOwn = std::abs(count) == 1 && isOwnSymbol(product, difference);
    bool isBetter = !chosen || (isOwn && !isEverywhere) ||
                    (isOwn == isEverywhere &&
                     std::pair(std::abs(count), product.size()) <
                         std::pair(std::abs(chosenCount), chosen->size()));
    if (!isBetter)
      continue;
    chosen = &product;
    isEverywhere = isOwn;
    chosenCount = count;
  }
  if (!chosen)
    return false;
  SizeSum product(context), rest(context);
  product.add(*chosen, 1);
  int64_t sign = chosenCount < 0 ? 1 : -1;
  for (const auto &[other, count] : difference.getProducts())
    if (&other != chosen)
      rest.add(other, sign * count);
  rules.push_back(
      {product.toExpr(), rest.toExpr(), std::abs(chosenCount), isEverywhere});
  return true;
}

} // namespace garam
