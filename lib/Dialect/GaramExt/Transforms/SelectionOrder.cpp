//===- SelectionOrder.cpp - What comes first in a selection ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SelectionOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace garam::ext {

static Value isBeforeInteger(ImplicitLocOpBuilder &b, const Selection &rows,
                             Value other, Value own, Value isEarlier) {
  using P = arith::CmpIPredicate;
  P strict = rows.isUnsigned ? (rows.wantsLargest ? P::ugt : P::ult)
                             : (rows.wantsLargest ? P::sgt : P::slt);
  Value isBefore = arith::CmpIOp::create(b, strict, other, own);
  Value isEqual = arith::CmpIOp::create(b, P::eq, other, own);
  return arith::OrIOp::create(b, isBefore,
                              arith::AndIOp::create(b, isEqual, isEarlier));
}

Value isBefore(ImplicitLocOpBuilder &b, const Selection &rows, Value other,
               Value own, Value isEarlier) {
  if (!isa<FloatType>(own.getType()))
    return isBeforeInteger(b, rows, other, own, isEarlier);
  using P = arith::CmpFPredicate;
  Value isStrict =
      arith::CmpFOp::create(b, rows.wantsLargest ? P::OGT : P::OLT, other, own);
  Value isEqual = arith::CmpFOp::create(b, P::OEQ, other, own);
  Value number = arith::OrIOp::create(
      b, isStrict, arith::AndIOp::create(b, isEqual, isEarlier));
  // A NaN is before every number, and NaNs are in the order of their positions.
  Value isOtherNaN = arith::CmpFOp::create(b, P::UNO, other, other);
  Value isOwnNaN = arith::CmpFOp::create(b, P::UNO, own, own);
  Value ofNaN = arith::AndIOp::create(b, isOtherNaN, isEarlier);
  Value ofNumber = arith::OrIOp::create(b, isOtherNaN, number);
  return arith::SelectOp::create(b, isOwnNaN, ofNaN, ofNumber);
}

} // namespace garam::ext
