//===- Cast.cpp - Cast and CastLike ---------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

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

static LogicalResult lowerCast(NodeAccessor &node) {
  RankedTensorType outputType = node.getOutputType();
  if (!outputType)
    return node.error() << "the element type of the output is not known";
  NumberType from{node.getElementType(), node.isUnsignedInput(0)};
  NumberType to{outputType.getElementType(), node.isUnsignedOutput()};
  for (NumberType number : {from, to})
    if (!number.type.isIntOrFloat() ||
        (isFloat(number.type) && number.getWidth() < 16))
      return node.error() << "casts from or to " << number.type
                          << " are not supported";
  if (from.type == to.type)
    return node.setOutput(node.getInput(0));
  return node.setOutput(makeMapped(node.b, to.type, node.getInput(0),
                                   [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                     return castNumber(b, s[0], from, to);
                                   }));
}

/// The same bits under another type of the same width.
static LogicalResult lowerBitCast(NodeAccessor &node) {
  RankedTensorType outputType = node.getOutputType();
  if (!outputType)
    return node.error() << "the element type of the output is not known";
  Type from = node.getElementType(), to = outputType.getElementType();
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
