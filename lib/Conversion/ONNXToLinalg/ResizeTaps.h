//===- ResizeTaps.h - Where Resize reads from -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H

#include "StructuredBuilders.h"

namespace garam::onnx {

/// A position this close to the middle between two elements is the middle: a
/// quotient by a scale, which is rounded, may end beside it. Source: what
/// onnxruntime 1.31 computes, on all pairs of sizes below 50.
constexpr float middleTolerance = 1e-6f;

/// The nearest_mode of before opset 11, when there was no such attribute: the
/// element below a position, or above it where the dimension shrinks. Source:
/// onnxruntime; Resize-10 does not say it.
constexpr llvm::StringLiteral simpleNearestMode = "simple";

/// One dimension that is resized.
struct ResizedAxis {
  int64_t axis, input, output;
  /// Output size over input size, as the node gives it: it may have been
  /// rounded when the output's size was computed from it.
  float scale;
};

/// A position of the input for every position of the output along an axis,
/// and what it is multiplied by.
struct ResizeTap {
  mlir::SmallVector<int64_t> indices;
  mlir::SmallVector<double> weights;
};

/// One dimension whose size, before or behind, shows at run time.
struct RunTimeAxis {
  int64_t axis;
  mlir::OpFoldResult input, output;
  /// As the node gives it; without it, the quotient of the sizes.
  std::optional<float> scale;
};

/// As ResizeTap: two vectors, of i64 and of f32.
struct RunTimeTap {
  mlir::Value indices, weights;
};

class ScalarMath;

/// The position nearest to another one, both f32, by a nearest_mode.
mlir::Value makeRoundedPosition(ScalarMath &m, mlir::StringRef rounding,
                                mlir::Value position, mlir::Value scale);
/// The weight of a sample at distance `x` of a position, by the cubic
/// convolution kernel with coefficient `a`.
/// Source: R. Keys, "Cubic convolution interpolation", 1981, equation 15.
mlir::Value makeCubicWeight(ScalarMath &m, mlir::Value x, double a);

/// How Resize turns positions of the output into ones of the input. The
/// attributes of the node, checked.
class ResizeTaps {
public:
  /// Reports modes that ONNX does not have.
  static mlir::LogicalResult check(NodeAccessor &node);
  /// As above. Positions must not hang on a region of interest.
  static mlir::FailureOr<ResizeTaps> get(NodeAccessor &node);

  bool isNearest() const { return mode == "nearest"; }

  /// The nearest position, one for every position of the output.
  mlir::SmallVector<int64_t> getNearest(const ResizedAxis &axis) const;
  /// 2 taps for linear, 4 for cubic interpolation.
  mlir::SmallVector<ResizeTap> getTaps(const ResizedAxis &axis) const;

  /// Whether the nearest position is o / `factor` for each o, whatever the size
  /// that becomes `factor` times as large.
  bool repeats(int64_t factor) const;

  /// The nearest positions, a vector of i64.
  mlir::Value makeNearest(mlir::ImplicitLocOpBuilder &b,
                          const RunTimeAxis &axis) const;
  mlir::SmallVector<RunTimeTap> makeTaps(mlir::ImplicitLocOpBuilder &b,
                                         const RunTimeAxis &axis) const;

private:
  mlir::Value makePosition(ScalarMath &m, const RunTimeAxis &axis) const;
  mlir::SmallVector<mlir::Value> makeWeights(ScalarMath &m, mlir::Value base,
                                             mlir::Value fraction,
                                             mlir::Value last) const;
  float getPosition(const ResizedAxis &axis, int64_t output) const;
  float roundPosition(const ResizedAxis &axis, float position) const;

  mlir::StringRef mode, transformation, rounding;
  double cubicCoefficient = -0.75;
  bool excludesOutside = false;
};

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H
