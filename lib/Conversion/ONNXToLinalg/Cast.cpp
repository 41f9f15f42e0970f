//===- Cast.cpp - Cast and CastLike ---------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LowPrecision.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "garam/Support/DataTypes.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// An element type with its sign, which MLIR's signless integers lack.
struct NumberType {
  Type type;
  bool isUnsigned;

  bool isBoolean() const { return type.isInteger(1); }
  unsigned getWidth() const { return type.getIntOrFloatBitWidth(); }
};

} // namespace

/// Numbers other than 0 are true.
static Value castToBoolean(ImplicitLocOpBuilder &b, Value value) {
  Value zero = makeScalar(b, value.getType(), 0);
  if (isFloat(value.getType()))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
}

/// Floats are rounded to zero on their way to integers; integers keep their
/// low bits.
static Value castNumber(ImplicitLocOpBuilder &b, Value value, NumberType from,
                        NumberType to) {
  if (from.type == to.type)
    return value;
  if (to.isBoolean())
    return castToBoolean(b, value);
  bool fromFloat = isFloat(from.type), toFloat = isFloat(to.type);
  if (fromFloat && toFloat) {
    // Between formats of one width (f16, bf16) there is no direct cast.
    if (from.getWidth() == to.getWidth())
      value = arith::ExtFOp::create(b, b.getF32Type(), value);
    return ScalarMath(b, to.type).convert(value);
  }
  if (fromFloat && to.isUnsigned)
    return arith::FPToUIOp::create(b, to.type, value);
  if (fromFloat)
    return arith::FPToSIOp::create(b, to.type, value);
  if (toFloat && from.isUnsigned)
    return arith::UIToFPOp::create(b, to.type, value);
  if (toFloat)
    return arith::SIToFPOp::create(b, to.type, value);
  if (from.getWidth() > to.getWidth())
    return arith::TruncIOp::create(b, to.type, value);
  if (from.isUnsigned)
    return arith::ExtUIOp::create(b, to.type, value);
  return arith::ExtSIOp::create(b, to.type, value);
}

/// castNumber to a type of the model that may have less than 8 bits, or be a
/// float of 8.
static Value castNumberOfModel(ImplicitLocOpBuilder &b, Value value,
                               NumberType from, NumberType to, Type model,
                               const NarrowFloatRules &rules) {
  if (isNarrowFloat(from.type)) {
    value = widenToF32(b, value);
    from.type = value.getType();
  }
  if (isNarrowFloat(model)) {
    value = castNumber(b, value, from, {b.getF32Type(), false});
    return roundToNarrowFloat(b, value, cast<FloatType>(model), rules);
  }
  auto integer = dyn_cast<IntegerType>(model);
  if (!integer || integer.getWidth() == to.getWidth())
    return castNumber(b, value, from, to);
  value = castNumber(b, value, from, {b.getI32Type(), false});
  return wrapToNarrowInteger(b, value, integer);
}

/// The attributes of Cast and CastLike that narrow floats have.
static FailureOr<NarrowFloatRules> getNarrowFloatRules(NodeAccessor &node) {
  using Rounding = NarrowFloatRules::Rounding;
  NarrowFloatRules rules;
  rules.saturate = node.getInt("saturate", 1) != 0;
  StringRef mode = node.getString("round_mode", "up");
  if (mode != "up" && mode != "down" && mode != "nearest")
    return node.error() << "attribute 'round_mode' is '" << mode
                        << "', but 'up', 'down' or 'nearest' is needed";
  rules.rounding = mode == "up"     ? Rounding::Up
                   : mode == "down" ? Rounding::Down
                                    : Rounding::Nearest;
  return rules;
}

static LogicalResult lowerCast(NodeAccessor &node) {
  RankedTensorType outputType = node.getOutputType();
  if (!outputType)
    return node.error() << "the element type of the output is not known";
  NumberType from{node.getElementType(), node.isUnsignedInput(0)};
  NumberType to{outputType.getElementType(), node.isUnsignedOutput()};
  for (NumberType number : {from, to})
    if (!number.type.isIntOrFloat())
      return node.error() << "casts from or to " << number.type
                          << " are not supported";
  FailureOr<NarrowFloatRules> rules = getNarrowFloatRules(node);
  if (failed(rules))
    return failure();
  Type model = node.getModelElementType();
  bool isInRange =
      getStoredType(model) == model || model == node.getModelInputElementType();
  if (from.type == to.type && isInRange)
    return node.setOutput(node.getInput(0));
  return node.setOutput(makeMapped(node.b, to.type, node.getInput(0),
                                   [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                     return castNumberOfModel(b, s[0], from, to,
                                                              model, *rules);
                                   }));
}

/// The same bits under another type of the same width.
static LogicalResult lowerBitCast(NodeAccessor &node) {
  RankedTensorType outputType = node.getOutputType();
  if (!outputType)
    return node.error() << "the element type of the output is not known";
  Type from = node.getElementType(), to = outputType.getElementType();
  Type modelFrom = node.getModelInputElementType();
  Type modelTo = node.getModelElementType();
  bool isNarrow = getStoredType(modelFrom) != modelFrom ||
                  getStoredType(modelTo) != modelTo;
  if (isNarrow && modelFrom != modelTo) {
    // i4 and ui4: the value changes with the sign.
    if (modelFrom.isInteger() && modelTo.isInteger() &&
        modelFrom.getIntOrFloatBitWidth() == modelTo.getIntOrFloatBitWidth())
      return lowerCast(node);
    return node.error() << "the bits of " << modelFrom << " as " << modelTo
                        << " are not supported";
  }
  if (from == to)
    return node.setOutput(node.getInput(0));
  // A boolean is a byte, 0 or 1.
  if (from.isInteger(1) && to.isInteger(8))
    return lowerCast(node);
  if (!from.isIntOrFloat() || !to.isIntOrFloat() ||
      from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
    return node.error() << "the bits of " << from << " are not as many as "
                        << "those of " << to;
  return node.setOutput(
      makeMapped(node.b, to, node.getInput(0),
                 [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                   return arith::BitcastOp::create(b, to, s[0]);
                 }));
}

void registerCast(OperatorTable &table) {
  table.add("BitCast", 1, lowerBitCast);
  table.add("Cast", 1, lowerCast);
  table.add("CastLike", 1, lowerCast);
}

} // namespace garam::onnx
