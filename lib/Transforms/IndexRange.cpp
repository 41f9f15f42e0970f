//===- IndexRange.cpp - Between what an index is --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "IndexRange.h"

#include "garam/Support/RunTimeSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <limits>

using namespace mlir;

namespace garam {

using Range = std::pair<int64_t, int64_t>;

/// The ranges of a map's results, from those of its operands.
static SmallVector<Range> getRanges(AffineMap map, ValueRange operands) {
  // As if every operand were a symbol of its own.
  std::vector<SizeSymbol> symbols;
  SmallVector<AffineExpr> exprs;
  for (Value operand : operands) {
    auto [least, most] = getIndexRange(operand);
    exprs.push_back(getAffineSymbolExpr(symbols.size(), map.getContext()));
    symbols.push_back({"", least, most});
  }
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr result) {
    return getSizeRange(result.replaceDimsAndSymbols(
                            ArrayRef(exprs).take_front(map.getNumDims()),
                            ArrayRef(exprs).drop_front(map.getNumDims())),
                        symbols);
  });
}

Range getIndexRange(Value index) {
  constexpr Range all{std::numeric_limits<int64_t>::min(),
                      std::numeric_limits<int64_t>::max()};
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return {*constant, *constant};
  if (auto apply = index.getDefiningOp<affine::AffineApplyOp>())
    return getRanges(apply.getAffineMap(), apply.getMapOperands()).front();
  auto least = index.getDefiningOp<affine::AffineMinOp>();
  auto most = index.getDefiningOp<affine::AffineMaxOp>();
  if (!least && !most)
    return all;
  SmallVector<Range> ranges =
      least ? getRanges(least.getAffineMap(), least.getOperands())
            : getRanges(most.getAffineMap(), most.getOperands());
  Range result = ranges.front();
  for (auto [low, high] : ArrayRef(ranges).drop_front())
    result = least ? Range{std::min(result.first, low),
                           std::min(result.second, high)}
                   : Range{std::max(result.first, low),
                           std::max(result.second, high)};
  return result;
}

} // namespace garam
