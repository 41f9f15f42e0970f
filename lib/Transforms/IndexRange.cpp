//===- IndexRange.cpp - Between what an index is --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "IndexRange.h"

#include "garam/Support/RunTimeSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <limits>

using namespace mlir;

namespace garam {

/// The ranges of a map's results, from those of its operands.
SmallVector<IndexRanges::Range> IndexRanges::getRanges(AffineMap map,
                                                       ValueRange operands) {
  // As if every operand were a symbol of its own.
  std::vector<SizeSymbol> symbols;
  SmallVector<AffineExpr> exprs;
  for (Value operand : operands) {
    auto [least, most] = get(operand);
    exprs.push_back(getAffineSymbolExpr(symbols.size(), map.getContext()));
    symbols.push_back({"", least, most});
  }
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr result) {
    return garam::getSizeRange(
        result.replaceDimsAndSymbols(
            ArrayRef(exprs).take_front(map.getNumDims()),
            ArrayRef(exprs).drop_front(map.getNumDims())),
        symbols);
  });
}

static constexpr IndexRanges::Range all{std::numeric_limits<int64_t>::min(),
                                        std::numeric_limits<int64_t>::max()};

/// Of a dimension of a buffer, or of a view of one.
IndexRanges::Range IndexRanges::getSizeRange(Value buffer, int64_t dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim))
    return {type.getDimSize(dim), type.getDimSize(dim)};
  Operation *op = buffer.getDefiningOp();
  unsigned number = type.getDynamicDimIndex(dim);
  if (auto alloc = dyn_cast_or_null<memref::AllocOp>(op))
    return get(alloc.getDynamicSizes()[number]);
  if (auto view = dyn_cast_or_null<memref::ViewOp>(op))
    return get(view.getSizes()[number]);
  if (auto expansion = dyn_cast_or_null<memref::ExpandShapeOp>(op))
    return get(cast<Value>(expansion.getMixedOutputShape()[dim]));
  if (auto part = dyn_cast_or_null<memref::SubViewOp>(op))
    return get(part.getSizes()[number]);
  if (auto cast = dyn_cast_or_null<memref::CastOp>(op);
      cast && isa<MemRefType>(cast.getSource().getType()))
    return getSizeRange(cast.getSource(), dim);
  auto collapse = dyn_cast_or_null<memref::CollapseShapeOp>(op);
  if (!collapse)
    return all;
  Range product{0, 1}; // sizes are not negative
  SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
  for (int64_t part : groups[dim])
    if (llvm::MulOverflow(product.second,
                          getSizeRange(collapse.getSrc(), part).second,
                          product.second))
      return all;
  return product;
}

IndexRanges::Range IndexRanges::compute(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return {*constant, *constant};
  if (auto apply = index.getDefiningOp<affine::AffineApplyOp>())
    return getRanges(apply.getAffineMap(), apply.getMapOperands()).front();
  if (auto dim = index.getDefiningOp<memref::DimOp>())
    if (std::optional<int64_t> number = dim.getConstantIndex();
        number && isa<MemRefType>(dim.getSource().getType()))
      return getSizeRange(dim.getSource(), *number);
  if (Operation *op = index.getDefiningOp();
      isa_and_nonnull<arith::AddIOp, arith::MulIOp, arith::SubIOp>(op)) {
    AffineExpr left, right;
    bindSymbols(op->getContext(), left, right);
    AffineExpr result = isa<arith::AddIOp>(op)   ? left + right
                        : isa<arith::MulIOp>(op) ? left * right
                                                 : left - right;
    return getRanges(AffineMap::get(0, 2, result), op->getOperands()).front();
  }
  auto least = index.getDefiningOp<affine::AffineMinOp>();
  auto most = index.getDefiningOp<affine::AffineMaxOp>();
  if (!least && !most)
    return all;
  SmallVector<Range> ranges =
      least ? getRanges(least.getAffineMap(), least.getOperands())
            : getRanges(most.getAffineMap(), most.getOperands());
  Range result = ranges.front();
  for (auto [low, high] : ArrayRef(ranges).drop_front())
    result =
        least
            ? Range{std::min(result.first, low), std::min(result.second, high)}
            : Range{std::max(result.first, low), std::max(result.second, high)};
  return result;
}

IndexRanges::Range IndexRanges::get(Value index) {
  if (auto found = known.find(index); found != known.end())
    return found->second;
  Range range = compute(index);
  known[index] = range;
  return range;
}

} // namespace garam
