//===- ExpandNarrowFloats.cpp - Conversions of 8-bit floats as bits -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Formats: those of OCP's "8-bit Floating Point Specification" (E4M3, E5M2) and
// "Microscaling Formats" (E8M0), and the FNUZ forms, which have no negative
// zero and NaN in its place (MLIR's description of the types has the same
// figures).
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_EXPANDNARROWFLOATS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// Of f32.
constexpr unsigned mantissaBits = 23;
constexpr int64_t bias = 127;
constexpr int64_t magnitudeMask = 0x7FFFFFFF;
constexpr int64_t infinity = 0x7F800000, quietNaN = 0x7FC00000;
/// Where the sign of a float of 8 bits is, in f32 and there.
constexpr unsigned signDistance = 24;
constexpr int64_t narrowSign = 0x80, narrowMagnitude = 0x7F;

/// A format of a sign, an exponent and a mantissa. `nan` has the sign's bit
/// too; `largest` and `inf` are magnitudes.
struct Format {
  unsigned mantissaBits;
  int64_t bias, largest, nan;
  std::optional<int64_t> inf;
  bool hasNegativeZero;

  unsigned getShift() const { return garam::mantissaBits - mantissaBits; }
  /// What is added to an exponent on its way to f32.
  int64_t getRebias() const {
    return (garam::bias - bias) << garam::mantissaBits;
  }
};

std::optional<Format> getFormat(Type type) {
  if (!isa<Float8E4M3FNType, Float8E4M3FNUZType, Float8E5M2Type,
           Float8E5M2FNUZType>(type))
    return std::nullopt;
  const llvm::fltSemantics &semantics =
      cast<FloatType>(type).getFloatSemantics();
  auto bits = [](const APFloat &value) -> int64_t {
    return value.bitcastToAPInt().getZExtValue();
  };
  Format format;
  format.mantissaBits = APFloat::semanticsPrecision(semantics) - 1;
  format.bias = 1 - APFloat::semanticsMinExponent(semantics);
  format.largest = bits(APFloat::getLargest(semantics));
  format.nan = bits(APFloat::getQNaN(semantics));
  if (APFloat::semanticsHasInf(semantics))
    format.inf = bits(APFloat::getInf(semantics));
  format.hasNegativeZero = format.nan != narrowSign;
  return format;
}

/// Integer arithmetic on i32, or vectors of it.
class Bits {
public:
  Bits(PatternRewriter &rewriter, Location loc, Type like)
      : b(loc, rewriter), like(like) {}

  Type getType(Type element) {
    auto shaped = dyn_cast<ShapedType>(like);
    return shaped ? Type(shaped.clone(element)) : element;
  }
  Type getI32() { return getType(b.getI32Type()); }
  Type getF32() { return getType(b.getF32Type()); }
  Value constant(int64_t value) {
    return make(b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value constant(float value) { return make(b.getF32FloatAttr(value)); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value mask(Value x, int64_t bits) {
    return arith::AndIOp::create(b, x, constant(bits));
  }
  Value combine(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value shiftLeft(Value x, unsigned by) {
    return arith::ShLIOp::create(b, x, constant(int64_t(by)));
  }
  Value shiftRight(Value x, unsigned by) {
    return arith::ShRUIOp::create(b, x, constant(int64_t(by)));
  }
  Value isAbove(Value x, int64_t y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, x, constant(y));
  }
  Value isEqual(Value x, int64_t y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, constant(y));
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  Value toBits(Value x) { return arith::BitcastOp::create(b, getI32(), x); }
  Value toFloat(Value x) { return arith::BitcastOp::create(b, getF32(), x); }

  ImplicitLocOpBuilder b;

private:
  Value make(TypedAttr value) {
    if (auto shaped = dyn_cast<ShapedType>(getType(value.getType())))
      return arith::ConstantOp::create(
          b, DenseElementsAttr::get(shaped, Attribute(value)));
    return arith::ConstantOp::create(b, value);
  }

  Type like;
};

Value convert(Bits &bits, Value value, Type type) {
  unsigned from = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
  unsigned to = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(bits.b, type, value);
  if (from > to)
    return arith::TruncFOp::create(bits.b, type, value);
  return value;
}

/// The bits of the f32 of an exponent: 0 means 2^-127, which is subnormal.
Value widenExponent(Bits &m, Value exponent) {
  constexpr int64_t nan = 0xFF, least = 0x00400000;
  Value result = m.shiftLeft(exponent, mantissaBits);
  result = m.select(m.isEqual(exponent, 0), m.constant(least), result);
  return m.select(m.isEqual(exponent, nan), m.constant(quietNaN), result);
}

/// The bits of the f32 of a float of 8 bits.
Value widen(Bits &m, Value value, const Format &format) {
  Value magnitude = m.mask(value, narrowMagnitude);
  Value sign = m.shiftLeft(m.mask(value, narrowSign), signDistance);
  Value normal = m.add(m.shiftLeft(magnitude, format.getShift()),
                       m.constant(format.getRebias()));
  // A subnormal is an integer number of the least one.
  float unit =
      std::ldexp(1.0f, int(1 - format.bias) - int(format.mantissaBits));
  Value count = arith::SIToFPOp::create(m.b, m.getF32(), magnitude);
  Value subnormal =
      m.toBits(arith::MulFOp::create(m.b, count, m.constant(unit)));
  Value isNormal = m.isAbove(magnitude, (1 << format.mantissaBits) - 1);
  Value result = m.combine(sign, m.select(isNormal, normal, subnormal));
  if (format.inf)
    result = m.select(m.isEqual(magnitude, *format.inf),
                      m.combine(sign, m.constant(infinity)), result);
  Value isNaN = format.hasNegativeZero
                    ? m.isAbove(magnitude, format.inf.value_or(format.largest))
                    : m.isEqual(value, format.nan);
  return m.select(isNaN, m.constant(quietNaN), result);
}

/// The 8 bits of an f32 rounded to nearest, ties to even; what is too large
/// becomes infinity, or NaN where there is none.
Value narrow(Bits &m, Value value, const Format &format) {
  Value bits = m.toBits(value);
  Value magnitude = m.mask(bits, magnitudeMask);
  Value sign = m.mask(m.shiftRight(bits, signDistance), narrowSign);
  unsigned shift = format.getShift();
  // Half of the last place is added, and one more when that place is odd.
  Value odd = m.mask(m.shiftRight(magnitude, shift), 1);
  Value normal = m.sub(magnitude, m.constant(format.getRebias()));
  normal = m.add(normal, m.constant(int64_t(1 << (shift - 1)) - 1));
  normal = m.shiftRight(m.add(normal, odd), shift);
  // The last place of the sum is that of a subnormal: the addition rounds.
  float magic = std::ldexp(1.0f, int(1 - format.bias) + int(shift));
  Value sum =
      arith::AddFOp::create(m.b, m.toFloat(magnitude), m.constant(magic));
  Value subnormal = m.sub(m.toBits(sum), m.toBits(m.constant(magic)));
  int64_t leastNormal =
      format.getRebias() + (int64_t(1) << garam::mantissaBits);
  Value result =
      m.select(m.isAbove(magnitude, leastNormal - 1), normal, subnormal);
  Value isZero = m.isEqual(result, 0);
  if (!format.hasNegativeZero)
    sign = m.select(isZero, m.constant(int64_t(0)), sign);
  Value isOver = m.isAbove(result, format.largest);
  result = m.combine(sign, result);
  Value overflow = format.inf ? m.combine(sign, m.constant(*format.inf))
                              : m.constant(format.nan);
  result = m.select(isOver, overflow, result);
  return m.select(m.isAbove(magnitude, infinity), m.constant(format.nan),
                  result);
}

struct ExpandExtF : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    Type from = getElementTypeOrSelf(op.getIn().getType());
    std::optional<Format> format = getFormat(from);
    if (!format && !isa<Float8E8M0FNUType>(from))
      return failure();
    Bits m(rewriter, op.getLoc(), op.getType());
    Value bytes =
        arith::BitcastOp::create(m.b, m.getType(m.b.getI8Type()), op.getIn());
    Value value = arith::ExtUIOp::create(m.b, m.getI32(), bytes);
    value = format ? widen(m, value, *format) : widenExponent(m, value);
    rewriter.replaceOp(op, convert(m, m.toFloat(value), op.getType()));
    return success();
  }
};

struct ExpandTruncF : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Format> format =
        getFormat(getElementTypeOrSelf(op.getType()));
    if (!format)
      return failure();
    Bits m(rewriter, op.getLoc(), op.getType());
    Value bits = narrow(m, convert(m, op.getIn(), m.getF32()), *format);
    Value bytes =
        arith::TruncIOp::create(m.b, m.getType(m.b.getI8Type()), bits);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), bytes);
    return success();
  }
};

struct ExpandNarrowFloats : impl::ExpandNarrowFloatsBase<ExpandNarrowFloats> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<ExpandExtF, ExpandTruncF>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    walkAndApplyPatterns(getOperation(), patterns);
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace garam
