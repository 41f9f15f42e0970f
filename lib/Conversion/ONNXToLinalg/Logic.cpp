//===- Logic.cpp - Comparisons, logic, bits and selection -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

using namespace mlir;

namespace garam::onnx {

static LogicalResult lowerPair(NodeAccessor &node, unsigned first,
                               Type elementType, ScalarBody body) {
  if (failed(node.checkSameElementType(first, first + 2)))
    return failure();
  FailureOr<Value> result =
      makeBroadcast(node, node.getInputs(), elementType, body);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

template <arith::CmpFPredicate floatPredicate,
          arith::CmpIPredicate signedPredicate,
          arith::CmpIPredicate unsignedPredicate>
static LogicalResult lowerComparison(NodeAccessor &node) {
  bool isUnsigned = node.isUnsignedInput(0);
  auto compare = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    if (isFloat(s[0].getType()))
      return arith::CmpFOp::create(b, floatPredicate, s[0], s[1]);
    return arith::CmpIOp::create(
        b, isUnsigned ? unsignedPredicate : signedPredicate, s[0], s[1]);
  };
  return lowerPair(node, 0, node.b.getI1Type(), compare);
}

/// An operation on the bits of integers or booleans.
template <typename BitOp>
static LogicalResult lowerBits(NodeAccessor &node) {
  Type type = node.getElementType();
  if (!type.isInteger())
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but integers or booleans are needed";
  return lowerPair(node, 0, type,
                   [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                     return BitOp::create(b, s[0], s[1]);
                   });
}

static LogicalResult lowerNot(NodeAccessor &node) {
  Type type = node.getElementType();
  if (!type.isInteger())
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but integers or booleans are needed";
  return node.setOutput(makeMapped(
      node.b, type, node.getInput(0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        return arith::XOrIOp::create(b, s[0], makeScalar(b, type, -1));
      }));
}

static LogicalResult lowerBitShift(NodeAccessor &node) {
  Type type = node.getElementType();
  bool isLeft = node.getString("direction", "LEFT") == "LEFT";
  if (!type.isInteger())
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but integers are needed";
  // Shifts of the width or more are 0, not undefined as arith's are.
  auto shift = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value width = makeScalar(b, type, type.getIntOrFloatBitWidth());
    Value fits =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, s[1], width);
    Value zero = makeScalar(b, type, 0);
    Value amount = arith::SelectOp::create(b, fits, s[1], zero);
    Value shifted = isLeft
                        ? arith::ShLIOp::create(b, s[0], amount).getResult()
                        : arith::ShRUIOp::create(b, s[0], amount).getResult();
    return arith::SelectOp::create(b, fits, shifted, zero);
  };
  return lowerPair(node, 0, type, shift);
}

static LogicalResult lowerIsNaN(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  return node.setOutput(makeMapped(
      node.b, node.b.getI1Type(), node.getInput(0),
      [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, s[0], s[0]);
      }));
}

static LogicalResult lowerIsInf(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  auto type = cast<FloatType>(node.getElementType());
  bool detectsPositive = node.getInt("detect_positive", 1) != 0;
  bool detectsNegative = node.getInt("detect_negative", 1) != 0;
  auto isInfinite = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    auto equals = [&](bool isNegative) -> Value {
      Value infinity = arith::ConstantOp::create(
          b, FloatAttr::get(
                 type, APFloat::getInf(type.getFloatSemantics(), isNegative)));
      return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, s[0],
                                   infinity);
    };
    Value result = makeScalar(b, b.getI1Type(), 0);
    if (detectsPositive)
      result = arith::OrIOp::create(b, result, equals(false));
    if (detectsNegative)
      result = arith::OrIOp::create(b, result, equals(true));
    return result;
  };
  return node.setOutput(
      makeMapped(node.b, node.b.getI1Type(), node.getInput(0), isInfinite));
}

static LogicalResult lowerWhere(NodeAccessor &node) {
  if (!node.getElementType(0).isInteger(1))
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but a tensor of booleans is needed";
  return lowerPair(node, 1, node.getElementType(1),
                   [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                     return arith::SelectOp::create(b, s[0], s[1], s[2]);
                   });
}

void registerLogic(OperatorTable &table) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  table.add("And", 2, lowerBits<arith::AndIOp>);
  table.add("BitShift", 2, lowerBitShift);
  table.add("BitwiseAnd", 2, lowerBits<arith::AndIOp>);
  table.add("BitwiseNot", 1, lowerNot);
  table.add("BitwiseOr", 2, lowerBits<arith::OrIOp>);
  table.add("BitwiseXor", 2, lowerBits<arith::XOrIOp>);
  table.add("Equal", 2, lowerComparison<F::OEQ, I::eq, I::eq>);
  table.add("Greater", 2, lowerComparison<F::OGT, I::sgt, I::ugt>);
  table.add("GreaterOrEqual", 2, lowerComparison<F::OGE, I::sge, I::uge>);
  table.add("IsInf", 1, lowerIsInf);
  table.add("IsNaN", 1, lowerIsNaN);
  table.add("Less", 2, lowerComparison<F::OLT, I::slt, I::ult>);
  table.add("LessOrEqual", 2, lowerComparison<F::OLE, I::sle, I::ule>);
  table.add("Not", 1, lowerNot);
  table.add("Or", 2, lowerBits<arith::OrIOp>);
  table.add("Where", 3, lowerWhere);
  table.add("Xor", 2, lowerBits<arith::XOrIOp>);
}

} // namespace garam::onnx
