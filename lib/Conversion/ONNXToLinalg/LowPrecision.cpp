//===- LowPrecision.cpp - Numbers of 8 bits and less ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The rules are the tables of ONNX's Cast-25. In linalg an arith.truncf to a
// narrow float is of a value that does not overflow there, so that it means the
// same on devices that saturate as on those that do not.
//
//===----------------------------------------------------------------------===//

#include "LowPrecision.h"

#include "ScalarMath.h"

using namespace mlir;

namespace garam::onnx {

bool isNarrowFloat(Type type) {
  auto floatType = dyn_cast<FloatType>(type);
  return floatType && floatType.getWidth() <= 8;
}

Value widenToF32(ImplicitLocOpBuilder &b, Value value) {
  return ScalarMath(b, b.getF32Type()).convert(value);
}

static double toDouble(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToDouble();
}

/// The least f32 that rounds to more than the largest finite value of a format.
static double getOverflow(const llvm::fltSemantics &semantics) {
  APFloat largest = APFloat::getLargest(semantics);
  APFloat below = largest;
  below.next(/*nextDown=*/true);
  double middle = toDouble(largest) + (toDouble(largest) - toDouble(below)) / 2;
  // A tie goes to the even one of the two. Of those that have a NaN behind the
  // largest value, as f8E4M3FN, that is the largest itself.
  bool isEven = !largest.bitcastToAPInt()[0];
  APFloat overflow(static_cast<float>(middle));
  if (isEven)
    overflow.next(/*nextDown=*/false);
  return overflow.convertToFloat();
}

/// f8E5M2 has infinities, but devices that saturate make none: they are put
/// together from bits.
static Value addInfinities(ImplicitLocOpBuilder &b, Value value, Value finite,
                           Value isOver, FloatType type) {
  ScalarMath m(b, b.getF32Type());
  Type i8 = b.getI8Type();
  auto bits = [&](bool isNegative) -> Value {
    APInt pattern =
        APFloat::getInf(type.getFloatSemantics(), isNegative).bitcastToAPInt();
    return arith::ConstantOp::create(b, b.getIntegerAttr(i8, pattern));
  };
  Value isNegative = m.compare(arith::CmpFPredicate::OLT, value, m.constant(0));
  Value infinity = m.select(isNegative, bits(true), bits(false));
  Value other = arith::BitcastOp::create(b, i8, finite);
  return arith::BitcastOp::create(b, type, m.select(isOver, infinity, other));
}

static Value roundToFloat8(ImplicitLocOpBuilder &b, Value value, FloatType type,
                           bool saturate) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  ScalarMath m(b, b.getF32Type());
  double largest = toDouble(APFloat::getLargest(semantics));
  auto narrow = [&](Value x) { return ScalarMath(b, type).convert(x); };
  Value clamped = m.max(m.min(value, largest), -largest);
  if (saturate)
    return narrow(clamped);
  Value isOver = m.compare(arith::CmpFPredicate::OGE, m.abs(value),
                           m.constant(getOverflow(semantics)));
  if (APFloat::semanticsHasInf(semantics))
    return addInfinities(b, value, narrow(clamped), isOver, type);
  Value nan = m.constant(std::numeric_limits<double>::quiet_NaN());
  return narrow(m.select(isOver, nan, clamped));
}

/// f4E2M1FN has the magnitudes 0 to 2 by halves, 3, 4 and 6.
static Value roundToFloat4(ImplicitLocOpBuilder &b, Value value, Type stored) {
  ScalarMath m(b, b.getF32Type());
  Value clamped = m.max(m.min(value, 6), -6);
  Value magnitude = m.abs(clamped);
  auto roundTo = [&](double step) {
    Value scaled = m.mul(clamped, 1 / step);
    return m.mul(math::RoundEvenOp::create(b, scaled), step);
  };
  Value rounded = m.above(magnitude, 4, roundTo(2), roundTo(1));
  rounded =
      m.select(m.compare(arith::CmpFPredicate::OLT, magnitude, m.constant(2)),
               roundTo(0.5), rounded);
  Value isNaN = m.compare(arith::CmpFPredicate::UNO, value, value);
  rounded = m.select(isNaN, m.constant(-0.0), rounded);
  return ScalarMath(b, stored).convert(rounded);
}

/// f8E8M0FNU is the exponent of an f32, but for 0, which means 2^-127, and 255,
/// NaN. A sign, for which the rules say nothing, is left out.
static Value roundToPowerOfTwo(ImplicitLocOpBuilder &b, Value value,
                               FloatType type, const NarrowFloatRules &rules) {
  using Rounding = NarrowFloatRules::Rounding;
  constexpr unsigned mantissaBits = 23;
  constexpr int64_t magnitudeMask = 0x7FFFFFFF, infinity = 0x7F800000;
  // 2^-127, a subnormal, and half of the way to 2^-126.
  constexpr int64_t least = 0x00400000, firstMiddle = 0x00600000;
  constexpr int64_t nan = 0xFF, largest = 0xFE;
  Type i32 = b.getI32Type();
  auto integer = [&](int64_t number) { return makeScalar(b, i32, number); };
  auto isBelow = [&](Value x, int64_t bound) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x,
                                 integer(bound));
  };
  auto select = [&](Value condition, Value x, Value y) -> Value {
    return arith::SelectOp::create(b, condition, x, y);
  };
  Value bits = arith::AndIOp::create(b, arith::BitcastOp::create(b, i32, value),
                                     integer(magnitudeMask));
  int64_t addend = rules.rounding == Rounding::Up ? (1 << mantissaBits) - 1
                   : rules.rounding == Rounding::Nearest
                       ? 1 << (mantissaBits - 1)
                       : 0;
  int64_t firstOne = rules.rounding == Rounding::Up        ? least + 1
                     : rules.rounding == Rounding::Nearest ? firstMiddle
                                                           : 0;
  Value exponent =
      arith::ShRUIOp::create(b, arith::AddIOp::create(b, bits, integer(addend)),
                             integer(mantissaBits));
  exponent = select(isBelow(bits, firstOne), integer(0), exponent);
  if (rules.saturate)
    exponent = arith::MinUIOp::create(b, exponent, integer(largest));
  else
    exponent = select(isBelow(bits, least), integer(nan), exponent);
  Value isNumber = isBelow(bits, infinity + 1);
  exponent = select(isNumber, exponent, integer(nan));
  return arith::BitcastOp::create(
      b, type, arith::TruncIOp::create(b, b.getI8Type(), exponent));
}

Value roundToNarrowFloat(ImplicitLocOpBuilder &b, Value value, FloatType type,
                         const NarrowFloatRules &rules) {
  value = widenToF32(b, value);
  if (isa<Float4E2M1FNType>(type))
    return roundToFloat4(b, value, Float8E4M3FNType::get(b.getContext()));
  if (isa<Float8E8M0FNUType>(type))
    return roundToPowerOfTwo(b, value, type, rules);
  return roundToFloat8(b, value, type, rules.saturate);
}

Value wrapToNarrowInteger(ImplicitLocOpBuilder &b, Value value,
                          IntegerType type) {
  Type i32 = b.getI32Type();
  unsigned width = type.getWidth();
  if (type.isUnsigned()) {
    Value mask = makeScalar(b, i32, (1 << width) - 1);
    value = arith::AndIOp::create(b, value, mask);
  } else {
    Value shift = makeScalar(b, i32, 32 - width);
    value = arith::ShLIOp::create(b, value, shift);
    value = arith::ShRSIOp::create(b, value, shift);
  }
  return arith::TruncIOp::create(b, b.getI8Type(), value);
}

} // namespace garam::onnx
