//===- ScalarMath.h - Float expressions in bodies ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_SCALARMATH_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_SCALARMATH_H

#include "Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace garam::onnx {

/// Writes float expressions of one type into a body.
class ScalarMath {
public:
  using Value = mlir::Value;

  ScalarMath(mlir::ImplicitLocOpBuilder &b, mlir::Type type)
      : b(b), type(type) {}

  mlir::ImplicitLocOpBuilder &builder() { return b; }

  Value constant(double value) { return makeScalar(b, type, value); }
  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value add(Value x, double y) { return add(x, constant(y)); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value mul(Value x, double y) { return mul(x, constant(y)); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, x); }
  Value max(Value x, Value y) {
    return mlir::arith::MaximumFOp::create(b, x, y);
  }
  Value max(Value x, double y) { return max(x, constant(y)); }
  Value min(Value x, Value y) {
    return mlir::arith::MinimumFOp::create(b, x, y);
  }
  Value min(Value x, double y) { return min(x, constant(y)); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value floor(Value x) { return mlir::math::FloorOp::create(b, x); }
  Value ceil(Value x) { return mlir::math::CeilOp::create(b, x); }
  Value exp(Value x) { return mlir::math::ExpOp::create(b, x); }
  Value expm1(Value x) { return mlir::math::ExpM1Op::create(b, x); }
  Value log(Value x) { return mlir::math::LogOp::create(b, x); }
  Value log1p(Value x) { return mlir::math::Log1pOp::create(b, x); }
  Value erf(Value x) { return mlir::math::ErfOp::create(b, x); }
  Value tanh(Value x) { return mlir::math::TanhOp::create(b, x); }
  Value sqrt(Value x) { return mlir::math::SqrtOp::create(b, x); }
  Value pow(Value x, Value y) { return mlir::math::PowFOp::create(b, x, y); }
  /// 1 / (1 + exp(-x))
  Value sigmoid(Value x) { return div(constant(1), add(exp(neg(x)), 1)); }
  /// log(1 + exp(x)), written so that exp cannot overflow.
  Value softplus(Value x) { return add(max(x, 0), log1p(exp(neg(abs(x))))); }
  Value compare(mlir::arith::CmpFPredicate predicate, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, condition, x, y);
  }
  /// x > bound ? chosen : other
  Value above(Value x, double bound, Value chosen, Value other) {
    return select(compare(mlir::arith::CmpFPredicate::OGT, x, constant(bound)),
                  chosen, other);
  }
  /// Converts a float to `type`.
  Value convert(Value x) {
    unsigned from = x.getType().getIntOrFloatBitWidth();
    unsigned to = type.getIntOrFloatBitWidth();
    if (x.getType() == type)
      return x;
    if (from < to)
      return mlir::arith::ExtFOp::create(b, type, x);
    return mlir::arith::TruncFOp::create(b, type, x);
  }

private:
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;
};

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_SCALARMATH_H
