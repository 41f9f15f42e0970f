//===- ResizeTaps.h - Where Resize reads from -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H

#include "NodeAccessor.h"

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

private:
  float getPosition(const ResizedAxis &axis, int64_t output) const;
  float roundPosition(const ResizedAxis &axis, float position) const;

  mlir::StringRef mode, transformation, rounding;
  double cubicCoefficient = -0.75;
  bool excludesOutside = false;
};

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_RESIZETAPS_H
