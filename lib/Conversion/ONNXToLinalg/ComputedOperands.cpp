//===- ComputedOperands.cpp - Shape operands of run time ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ComputedOperands.h"

#include "Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

Value makeIndexScalar(ImplicitLocOpBuilder &b, int64_t value) {
  auto type = RankedTensorType::get({}, b.getI64Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, value));
}

/// Integers as i64.
static Value widen(ImplicitLocOpBuilder &b, Value value) {
  if (value.getType() == b.getI64Type())
    return value;
  return arith::ExtSIOp::create(b, b.getI64Type(), value);
}

Value makeAxisOperand(ImplicitLocOpBuilder &b, Value operand, Value axes,
                      int64_t dim, int64_t rank, int64_t missing) {
  Type i64 = b.getI64Type();
  int64_t size = cast<RankedTensorType>(operand.getType()).getDimSize(0);
  if (!axes) {
    axes = makeIndexVector(b, llvm::to_vector(llvm::seq<int64_t>(0, size)));
  }
  // At most one element differs from `missing`: their differences' sum is it.
  Value chosen = makeMapped(
      b, i64, {operand, axes},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value axis = widen(b, s[1]);
        Value isDim = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, axis,
                                            makeScalar(b, i64, dim));
        Value isNegativeDim = arith::CmpIOp::create(
            b, arith::CmpIPredicate::eq, axis, makeScalar(b, i64, dim - rank));
        Value difference = arith::SubIOp::create(b, widen(b, s[0]),
                                                 makeScalar(b, i64, missing));
        return arith::SelectOp::create(
            b, arith::OrIOp::create(b, isDim, isNegativeDim), difference,
            makeScalar(b, i64, 0));
      });
  return makeReduction(b, chosen, {0}, b.getI64IntegerAttr(missing),
                       [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         return arith::AddIOp::create(b, s[0], s[1]);
                       });
}

Value makePositions(ImplicitLocOpBuilder &b, Value start, Value step,
                    int64_t size, int64_t count) {
  Type i64 = b.getI64Type();
  SmallVector<AffineMap> maps(2, AffineMap::get(1, 0, b.getContext()));
  return makePointwise(
      b, getStaticSizes(b, {count}), i64, {start, step}, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        using P = arith::CmpIPredicate;
        Value zero = makeScalar(b, i64, 0), one = makeScalar(b, i64, 1);
        Value end = makeScalar(b, i64, size);
        Value isNegative = arith::CmpIOp::create(b, P::slt, s[0], zero);
        Value fromEnd = arith::AddIOp::create(b, s[0], end);
        Value first = arith::SelectOp::create(b, isNegative, fromEnd, s[0]);
        // Backwards, the last element is the first to be taken.
        Value isBackward = arith::CmpIOp::create(b, P::slt, s[1], zero);
        Value last = arith::SelectOp::create(
            b, isBackward, arith::SubIOp::create(b, end, one), end);
        first = arith::MaxSIOp::create(b, first, zero);
        first = arith::MinSIOp::create(b, first, last);
        Value index =
            arith::IndexCastOp::create(b, i64, linalg::IndexOp::create(b, 0));
        return arith::AddIOp::create(b, first,
                                     arith::MulIOp::create(b, index, s[1]));
      });
}

} // namespace garam::onnx
