//===- CountedExprs.cpp - Sizes by what is counted ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CountedExprs.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace garam {

/// The counter that `size`, an index, is read from; null when it is not.
static Value getCounter(Value size) {
  auto cast = size.getDefiningOp<arith::IndexCastOp>();
  auto read = cast ? cast.getIn().getDefiningOp<tensor::ExtractOp>() : nullptr;
  if (!read || !read.getIndices().empty() ||
      !read.getType().isSignlessInteger(64))
    return {};
  return read.getTensor();
}

AffineExpr CountedExprs::addSymbol(Value counter, int64_t least, int64_t most) {
  unsigned number = symbols.size();
  symbols.push_back({"n" + std::to_string(number), least, most});
  counters.push_back(counter);
  numbers[counter] = number;
  return getAffineSymbolExpr(number, context);
}

AffineExpr CountedExprs::find(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return getConstant(*constant);
  AffineExpr expr = compute(cast<Value>(size));
  if (!expr)
    return {};
  expr = normalizeSize(expr);
  auto [least, most] = getRange(expr);
  return least == most ? getConstant(least) : expr;
}

AffineExpr CountedExprs::findOrAdd(OpFoldResult size, int64_t most) {
  auto value = dyn_cast<Value>(size);
  Value counter =
      value && !getConstantIntValue(size) ? getCounter(value) : Value();
  if (!counter)
    return find(size);
  auto known = numbers.find(counter);
  return known == numbers.end() ? addSymbol(counter, 0, most)
                                : getAffineSymbolExpr(known->second, context);
}

AffineExpr CountedExprs::compute(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return getConstant(*constant);
  if (Value counter = getCounter(index)) {
    auto known = numbers.find(counter);
    return known == numbers.end() ? AffineExpr()
                                  : getAffineSymbolExpr(known->second, context);
  }
  Operation *op = index.getDefiningOp();
  if (!op)
    return {};
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands()) {
      operands.push_back(compute(operand));
      if (!operands.back())
        return {};
    }
    AffineMap map = apply.getAffineMap();
    return map.getResult(0).replaceDimsAndSymbols(
        ArrayRef(operands).take_front(map.getNumDims()),
        ArrayRef(operands).drop_front(map.getNumDims()));
  }
  if (isa<arith::MaxSIOp>(op))
    return findExtremum(op, /*isLeast=*/false);
  if (isa<arith::MinSIOp>(op))
    return findExtremum(op, /*isLeast=*/true);
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return {};
  AffineExpr left = compute(op->getOperand(0)),
             right = compute(op->getOperand(1));
  if (!left || !right)
    return {};
  if (isa<arith::AddIOp>(op))
    return left + right;
  return isa<arith::SubIOp>(op) ? left - right : left * right;
}

/// The least or the greatest of two, which is a symbol where either may be it.
AffineExpr CountedExprs::findExtremum(Operation *op, bool isLeast) {
  AffineExpr left = find(op->getOperand(0)), right = find(op->getOperand(1));
  if (!left || !right)
    return {};
  AffineExpr difference = normalizeSize(left - right);
  if (getRange(difference).first >= 0)
    return isLeast ? right : left;
  if (getRange(difference).second <= 0)
    return isLeast ? left : right;
  auto [known, isNew] =
      extrema.try_emplace({op->getBlock(), isLeast, left.getAsOpaquePointer(),
                           right.getAsOpaquePointer()},
                          symbols.size());
  if (!isNew)
    return getAffineSymbolExpr(known->second, context);
  auto [leftLeast, leftMost] = getRange(left);
  auto [rightLeast, rightMost] = getRange(right);
  OpBuilder b(op->getContext());
  b.setInsertionPointAfter(op);
  Value number = arith::IndexCastOp::create(b, op->getLoc(), b.getI64Type(),
                                            op->getResult(0));
  Value counter = tensor::FromElementsOp::create(
      b, op->getLoc(), RankedTensorType::get({}, b.getI64Type()), number);
  return isLeast ? addSymbol(counter, std::min(leftLeast, rightLeast),
                             std::min(leftMost, rightMost))
                 : addSymbol(counter, std::max(leftLeast, rightLeast),
                             std::max(leftMost, rightMost));
}

Value CountedExprs::makeIndex(OpBuilder &b, Location loc,
                              AffineExpr size) const {
  DenseMap<AffineExpr, AffineExpr> replacements;
  SmallVector<OpFoldResult> operands;
  size.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol ||
        !replacements.try_emplace(part, b.getAffineSymbolExpr(operands.size()))
             .second)
      return;
    Value number =
        tensor::ExtractOp::create(b, loc, counters[symbol.getPosition()]);
    operands.push_back(
        arith::IndexCastOp::create(b, loc, b.getIndexType(), number)
            .getResult());
  });
  if (isa<AffineSymbolExpr>(size))
    return cast<Value>(operands.front());
  return getValueOrCreateConstantIndexOp(
      b, loc,
      affine::makeComposedFoldedAffineApply(
          b, loc,
          AffineMap::get(0, operands.size(), size.replace(replacements)),
          operands));
}

Value CountedExprs::makeCounter(OpBuilder &b, Location loc,
                                AffineExpr size) const {
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return counters[symbol.getPosition()];
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                            makeIndex(b, loc, size));
  return tensor::FromElementsOp::create(
      b, loc, RankedTensorType::get({}, b.getI64Type()), number);
}

} // namespace garam
