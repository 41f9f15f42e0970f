//===- Unary.cpp - Mathematical functions of one number -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

using namespace mlir;

namespace garam::onnx {

/// One operation of the math dialect on floats.
template <typename MathOp>
static LogicalResult lowerMath(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  return node.setOutput(
      makeMapped(node.b, node.getElementType(), node.getInput(0),
                 [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                   return MathOp::create(b, s[0]);
                 }));
}

static LogicalResult lowerReciprocal(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  Type type = node.getElementType();
  return node.setOutput(makeMapped(node.b, type, node.getInput(0),
                                   [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                     ScalarMath m(b, type);
                                     return m.div(m.constant(1), s[0]);
                                   }));
}

static LogicalResult lowerAbs(NodeAccessor &node) {
  Type type = node.getElementType();
  if (node.isUnsignedInput(0))
    return node.setOutput(node.getInput(0));
  return node.setOutput(
      makeMapped(node.b, type, node.getInput(0),
                 [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                   if (isFloat(type))
                     return math::AbsFOp::create(b, s[0]);
                   return math::AbsIOp::create(b, s[0]);
                 }));
}

static LogicalResult lowerNeg(NodeAccessor &node) {
  Type type = node.getElementType();
  return node.setOutput(makeMapped(
      node.b, type, node.getInput(0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        if (isFloat(type))
          return arith::NegFOp::create(b, s[0]);
        return arith::SubIOp::create(b, makeScalar(b, type, 0), s[0]);
      }));
}

/// -1, 0 or 1 after the sign; NaN stays.
static LogicalResult lowerSign(NodeAccessor &node) {
  Type type = node.getElementType();
  bool isUnsigned = node.isUnsignedInput(0);
  auto sign = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value zero = makeScalar(b, type, 0), one = makeScalar(b, type, 1);
    Value minusOne = makeScalar(b, type, -1);
    Value isPositive, isNegative, neither = zero;
    if (isFloat(type)) {
      isPositive =
          arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, s[0], zero);
      isNegative =
          arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, s[0], zero);
      Value isNaN =
          arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, s[0], s[0]);
      neither = arith::SelectOp::create(b, isNaN, s[0], zero);
    } else {
      auto greater =
          isUnsigned ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
      isPositive = arith::CmpIOp::create(b, greater, s[0], zero);
      isNegative =
          isUnsigned
              ? Value()
              : arith::CmpIOp::create(b, arith::CmpIPredicate::slt, s[0], zero)
                    .getResult();
    }
    Value other =
        isNegative ? arith::SelectOp::create(b, isNegative, minusOne, neither)
                         .getResult()
                   : zero;
    return arith::SelectOp::create(b, isPositive, one, other);
  };
  return node.setOutput(makeMapped(node.b, type, node.getInput(0), sign));
}

void registerUnary(OperatorTable &table) {
  table.add("Abs", 1, lowerAbs);
  table.add("Acos", 1, lowerMath<math::AcosOp>);
  table.add("Acosh", 1, lowerMath<math::AcoshOp>);
  table.add("Asin", 1, lowerMath<math::AsinOp>);
  table.add("Asinh", 1, lowerMath<math::AsinhOp>);
  table.add("Atan", 1, lowerMath<math::AtanOp>);
  table.add("Atanh", 1, lowerMath<math::AtanhOp>);
  table.add("Ceil", 1, lowerMath<math::CeilOp>);
  table.add("Cos", 1, lowerMath<math::CosOp>);
  table.add("Cosh", 1, lowerMath<math::CoshOp>);
  table.add("Exp", 1, lowerMath<math::ExpOp>);
  table.add("Floor", 1, lowerMath<math::FloorOp>);
  table.add("Log", 1, lowerMath<math::LogOp>);
  table.add("Neg", 1, lowerNeg);
  table.add("Reciprocal", 1, lowerReciprocal);
  table.add("Round", 1, lowerMath<math::RoundEvenOp>);
  table.add("Sign", 1, lowerSign);
  table.add("Sin", 1, lowerMath<math::SinOp>);
  table.add("Sinh", 1, lowerMath<math::SinhOp>);
  table.add("Sqrt", 1, lowerMath<math::SqrtOp>);
  table.add("Tan", 1, lowerMath<math::TanOp>);
}

} // namespace garam::onnx
