//===- RunTimeTaps.cpp - Where Resize reads from, by sizes of run time ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What ResizeTaps.cpp computes of known sizes, as operations: in the same order
// and in f32 too.
//
//===----------------------------------------------------------------------===//

#include "ResizeTaps.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

Value makeRoundedPosition(ScalarMath &m, StringRef rounding, Value position,
                          Value scale) {
  Value below = m.floor(position), above = m.ceil(position);
  if (rounding == simpleNearestMode) {
    Value shrinks = m.compare(arith::CmpFPredicate::OLT, scale, m.constant(1));
    return m.select(shrinks, above, below);
  }
  if (rounding == "floor" || rounding == "ceil")
    return rounding == "floor" ? below : above;
  Value fraction = m.sub(position, below);
  if (rounding == "round_prefer_floor")
    return m.above(fraction, 0.5f + middleTolerance, above, below);
  Value isAbove = m.compare(arith::CmpFPredicate::OGE, fraction,
                            m.constant(0.5f - middleTolerance));
  return m.select(isAbove, above, below);
}

Value makeCubicWeight(ScalarMath &m, Value x, double a) {
  Value near = m.mul(m.mul(m.add(m.mul(x, a + 2), -(a + 3)), x), x);
  Value far = m.add(m.mul(m.add(m.mul(x, a), -5 * a), x), 8 * a);
  far = m.add(m.mul(far, x), -4 * a);
  far = m.above(x, 2, m.constant(0), far);
  return m.above(x, 1, far, m.add(near, 1));
}

namespace {
/// An axis in the body that computes one position.
struct AxisScalars {
  Value input, output, scale;
};
} // namespace

static AxisScalars makeScalars(ScalarMath &m, const RunTimeAxis &axis) {
  Type f32 = m.builder().getF32Type();
  AxisScalars s{makeCount(m.builder(), axis.input, f32),
                makeCount(m.builder(), axis.output, f32),
                {}};
  s.scale = axis.scale ? m.constant(*axis.scale) : m.div(s.output, s.input);
  return s;
}

Value ResizeTaps::makePosition(ScalarMath &m, const RunTimeAxis &axis) const {
  AxisScalars s = makeScalars(m, axis);
  Value index =
      arith::IndexCastOp::create(m.builder(), m.builder().getI64Type(),
                                 linalg::IndexOp::create(m.builder(), 0));
  Value x =
      arith::SIToFPOp::create(m.builder(), m.builder().getF32Type(), index);
  Value isOne = m.compare(arith::CmpFPredicate::OEQ, s.output, m.constant(1));
  if (transformation == "asymmetric")
    return m.div(x, s.scale);
  if (transformation == "align_corners")
    return m.select(isOne, m.constant(0),
                    m.div(m.mul(x, m.add(s.input, -1)), m.add(s.output, -1)));
  Value centered = m.add(m.div(m.add(x, 0.5), s.scale), -0.5);
  if (transformation == "pytorch_half_pixel")
    return m.select(isOne, m.constant(0), centered);
  if (transformation != "half_pixel_symmetric")
    return centered;
  Value adjustment = m.div(s.output, m.mul(s.scale, s.input));
  Value offset = m.mul(m.mul(s.input, 0.5), m.sub(m.constant(1), adjustment));
  return m.add(offset, centered);
}

/// A position as an element of the input's axis, of those there are.
static Value makeIndex(ScalarMath &m, Value position, Value last) {
  position = m.min(m.max(position, 0), last);
  return arith::FPToSIOp::create(m.builder(), m.builder().getI64Type(),
                                 position);
}

static Value makeLast(ScalarMath &m, const RunTimeAxis &axis) {
  return m.add(makeCount(m.builder(), axis.input, m.builder().getF32Type()),
               -1);
}

Value ResizeTaps::makeNearest(ImplicitLocOpBuilder &b,
                              const RunTimeAxis &axis) const {
  return makePointwise(b, {axis.output}, b.getI64Type(), {}, {},
                       [&](ImplicitLocOpBuilder &b, ValueRange) {
                         ScalarMath m(b, b.getF32Type());
                         Value position = makeRoundedPosition(
                             m, rounding, makePosition(m, axis),
                             makeScalars(m, axis).scale);
                         return makeIndex(m, position, makeLast(m, axis));
                       });
}

/// Those of all taps of one position, which is `fraction` behind `base`.
SmallVector<Value> ResizeTaps::makeWeights(ScalarMath &m, Value base,
                                           Value fraction, Value last) const {
  if (mode != "cubic")
    return {m.sub(m.constant(1), fraction), fraction};
  constexpr int firstTap = -1, numTaps = 4;
  SmallVector<Value> weights;
  Value sum;
  for (int offset = firstTap; offset < firstTap + numTaps; ++offset) {
    Value weight = makeCubicWeight(m, m.abs(m.add(fraction, -double(offset))),
                                   cubicCoefficient);
    if (excludesOutside) {
      Value index = m.add(base, offset);
      Value clamped = m.min(m.max(index, 0), last);
      Value isInside = m.compare(arith::CmpFPredicate::OEQ, index, clamped);
      weight = m.select(isInside, weight, m.constant(0));
    }
    weights.push_back(weight);
    sum = sum ? m.add(sum, weight) : weight;
  }
  if (excludesOutside)
    for (Value &weight : weights)
      weight = m.div(weight, sum);
  return weights;
}

SmallVector<RunTimeTap> ResizeTaps::makeTaps(ImplicitLocOpBuilder &b,
                                             const RunTimeAxis &axis) const {
  bool isCubic = mode == "cubic";
  int firstTap = isCubic ? -1 : 0, numTaps = isCubic ? 4 : 2;
  Type f32 = b.getF32Type();
  auto make = [&](Type type, ScalarBody body) {
    return makePointwise(b, {axis.output}, type, {}, {}, body);
  };
  auto getPlace = [&](ScalarMath &m) {
    Value position = makePosition(m, axis);
    return isCubic ? position : m.min(m.max(position, 0), makeLast(m, axis));
  };
  SmallVector<RunTimeTap> taps;
  for (int tap = 0; tap < numTaps; ++tap) {
    Value indices =
        make(b.getI64Type(), [&](ImplicitLocOpBuilder &b, ValueRange) {
          ScalarMath m(b, f32);
          Value base = m.floor(getPlace(m));
          return makeIndex(m, m.add(base, firstTap + tap), makeLast(m, axis));
        });
    Value weights = make(f32, [&](ImplicitLocOpBuilder &b, ValueRange) {
      ScalarMath m(b, f32);
      Value place = getPlace(m), base = m.floor(place);
      return makeWeights(m, base, m.sub(place, base), makeLast(m, axis))[tap];
    });
    taps.push_back({indices, weights});
  }
  return taps;
}

bool ResizeTaps::repeats(int64_t factor) const {
  // Positions are rounded by less than what they are from a middle, for more
  // elements than these too.
  constexpr int64_t elements = 4096;
  // Larger ones take an index for each element, which is right, too.
  constexpr int64_t mostFactor = 64;
  if (transformation == "align_corners" || factor > mostFactor)
    return false;
  SmallVector<int64_t> indices =
      getNearest({0, elements, elements * factor, float(factor)});
  for (auto [output, index] : llvm::enumerate(indices))
    if (index != int64_t(output) / factor)
      return false;
  return true;
}

} // namespace garam::onnx
