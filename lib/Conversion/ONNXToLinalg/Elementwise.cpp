//===- Elementwise.cpp - Arithmetic with broadcasting ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

using namespace mlir;

namespace garam::onnx {

/// Broadcasts all inputs, which must have one element type.
static LogicalResult lowerBroadcast(NodeAccessor &node, Type elementType,
                                    ScalarBody body) {
  if (failed(node.checkSameElementType(0, node.getNumInputs())))
    return failure();
  FailureOr<Value> result =
      makeBroadcast(node, node.getInputs(), elementType, body);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

/// More operands than this in one elementwise operation are combined in
/// several: vector engines have load ports for a handful of tensors.
constexpr size_t maxFoldedOperands = 8;

/// Combines any number of inputs, in groups where they are many; `last`, of
/// what `fold` has left, makes the result.
static LogicalResult lowerFold(NodeAccessor &node, ScalarBody fold,
                               ScalarBody last) {
  if (failed(node.checkSameElementType(0, node.getNumInputs())))
    return failure();
  Type type = node.getElementType();
  SmallVector<Value> level = node.getInputs();
  while (level.size() > maxFoldedOperands) {
    SmallVector<Value> next;
    for (ArrayRef<Value> rest = level; !rest.empty();) {
      size_t count = std::min(rest.size(), maxFoldedOperands);
      FailureOr<Value> part =
          makeBroadcast(node, rest.take_front(count), type, fold);
      if (failed(part))
        return failure();
      next.push_back(*part);
      rest = rest.drop_front(count);
    }
    level = std::move(next);
  }
  FailureOr<Value> result = makeBroadcast(node, level, type, last);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

/// An operator of two numbers: FloatOp, SignedOp or UnsignedOp after the type,
/// folded over more inputs.
template <typename FloatOp, typename SignedOp, typename UnsignedOp = SignedOp>
static LogicalResult lowerArithmetic(NodeAccessor &node) {
  Type type = node.getElementType();
  bool isUnsigned = node.isUnsignedInput(0);
  auto fold = [&](ImplicitLocOpBuilder &b, ValueRange s) {
    Value value = s[0];
    for (Value next : s.drop_front()) {
      if (isFloat(type))
        value = FloatOp::create(b, value, next);
      else if (isUnsigned)
        value = UnsignedOp::create(b, value, next);
      else
        value = SignedOp::create(b, value, next);
    }
    return value;
  };
  return lowerFold(node, fold, fold);
}

static LogicalResult lowerMean(NodeAccessor &node) {
  Type type = node.getElementType();
  auto sum = [&](ImplicitLocOpBuilder &b, ValueRange s) {
    ScalarMath m(b, type);
    Value sum = s[0];
    for (Value next : s.drop_front())
      sum = m.add(sum, next);
    return sum;
  };
  double count = node.getNumInputs();
  return lowerFold(node, sum, [&](ImplicitLocOpBuilder &b, ValueRange s) {
    ScalarMath m(b, type);
    return m.div(sum(b, s), m.constant(count));
  });
}

/// The remainder with the sign of the divisor, or, with fmod = 1, of the
/// dividend.
static LogicalResult lowerMod(NodeAccessor &node) {
  Type type = node.getElementType();
  bool isUnsigned = node.isUnsignedInput(0);
  bool truncates = node.getInt("fmod", 0) != 0;
  if (isFloat(type) && !truncates)
    return node.error() << "floats need attribute 'fmod' = 1";
  auto remainder = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    if (isFloat(type))
      return arith::RemFOp::create(b, s[0], s[1]);
    if (isUnsigned)
      return arith::RemUIOp::create(b, s[0], s[1]);
    Value rest = arith::RemSIOp::create(b, s[0], s[1]);
    if (truncates)
      return rest;
    Value zero = makeScalar(b, type, 0);
    auto isNegative = [&](Value x) -> Value {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, zero);
    };
    Value differs = arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                                          isNegative(rest), isNegative(s[1]));
    Value isNonZero =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, zero);
    Value shifted = arith::AddIOp::create(b, rest, s[1]);
    return arith::SelectOp::create(
        b, arith::AndIOp::create(b, differs, isNonZero), shifted, rest);
  };
  return lowerBroadcast(node, type, remainder);
}

/// Powers that need no logarithm, or null.
static Value makeSmallPower(ScalarMath &m, Value x, double exponent) {
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return m.mul(x, x);
  if (exponent == 3)
    return m.mul(m.mul(x, x), x);
  if (exponent == 0.5)
    return m.sqrt(x);
  if (exponent == -1)
    return m.div(m.constant(1), x);
  return {};
}

/// The exponent of a Pow when it is one constant.
static std::optional<double> getUniformExponent(NodeAccessor &node) {
  if (auto floats = node.getConstantFloats(1);
      floats && !floats->empty() && llvm::all_equal(*floats))
    return floats->front();
  if (auto ints = node.getConstantInts(1);
      ints && !ints->empty() && llvm::all_equal(*ints))
    return ints->front();
  return std::nullopt;
}

/// An integer to the power of a float, computed as onnxruntime does, in f64.
static Value makePowerOfInteger(ImplicitLocOpBuilder &b, Value base,
                                Value exponent, bool isUnsigned) {
  Type type = base.getType(), f64 = b.getF64Type();
  Value x = isUnsigned ? arith::UIToFPOp::create(b, f64, base).getResult()
                       : arith::SIToFPOp::create(b, f64, base).getResult();
  ScalarMath m(b, f64);
  Value power = m.pow(x, m.convert(exponent));
  if (isUnsigned)
    return arith::FPToUIOp::create(b, type, power);
  return arith::FPToSIOp::create(b, type, power);
}

static LogicalResult lowerPow(NodeAccessor &node) {
  Type type = node.getElementType(), exponentType = node.getElementType(1);
  bool isUnsigned = node.isUnsignedInput(1);
  bool baseIsUnsigned = node.isUnsignedInput(0);
  std::optional<double> uniform = getUniformExponent(node);
  auto power = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    if (!isFloat(type) && isFloat(exponentType))
      return makePowerOfInteger(b, s[0], s[1], baseIsUnsigned);
    if (!isFloat(type)) {
      unsigned width = type.getIntOrFloatBitWidth();
      unsigned exponentWidth = exponentType.getIntOrFloatBitWidth();
      Value exponent = s[1];
      if (exponentWidth < width)
        exponent = arith::ExtSIOp::create(b, type, exponent);
      else if (exponentWidth > width)
        exponent = arith::TruncIOp::create(b, type, exponent);
      return math::IPowIOp::create(b, s[0], exponent);
    }
    ScalarMath m(b, type);
    if (uniform)
      if (Value small = makeSmallPower(m, s[0], *uniform))
        return small;
    Value exponent = s[1];
    if (isFloat(exponentType))
      exponent = m.convert(exponent);
    else if (isUnsigned)
      exponent = arith::UIToFPOp::create(b, type, exponent);
    else
      exponent = arith::SIToFPOp::create(b, type, exponent);
    return m.pow(s[0], exponent);
  };
  FailureOr<Value> result =
      makeBroadcast(node, {node.getInput(0), node.getInput(1)}, type, power);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

void registerElementwise(OperatorTable &table) {
  table.add("Add", 2, lowerArithmetic<arith::AddFOp, arith::AddIOp>);
  table.add("Div", 2,
            lowerArithmetic<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>);
  table.add("Max", 1,
            lowerArithmetic<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>);
  table.add("Mean", 1, lowerMean);
  table.add("Min", 1,
            lowerArithmetic<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>);
  table.add("Mod", 2, lowerMod);
  table.add("Mul", 2, lowerArithmetic<arith::MulFOp, arith::MulIOp>);
  table.add("Pow", 2, lowerPow);
  table.add("Sub", 2, lowerArithmetic<arith::SubFOp, arith::SubIOp>);
  table.add("Sum", 1, lowerArithmetic<arith::AddFOp, arith::AddIOp>);
}

} // namespace garam::onnx
