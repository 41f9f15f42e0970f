//===- ResizeTaps.cpp - Where Resize reads from ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Source of all formulas: ONNX's specification of Resize-19. Positions are
// computed in f32, as onnxruntime does, for a nearest position may hang on the
// last bit.
//
//===----------------------------------------------------------------------===//

#include "ResizeTaps.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {

static LogicalResult checkOneOf(NodeAccessor &node, StringRef name,
                                StringRef value, ArrayRef<StringRef> known) {
  if (llvm::is_contained(known, value))
    return success();
  InFlightDiagnostic diagnostic = node.error()
                                  << "attribute '" << name << "' is '" << value
                                  << "', but one of ";
  llvm::interleaveComma(known, diagnostic);
  return diagnostic << " is needed";
}

LogicalResult ResizeTaps::check(NodeAccessor &node) {
  auto check = [&](StringRef name, StringRef missing,
                   ArrayRef<StringRef> known) {
    return succeeded(
        checkOneOf(node, name, node.getString(name, missing), known));
  };
  return success(
      check("mode", "nearest", {"nearest", "linear", "cubic"}) &&
      check("coordinate_transformation_mode", "half_pixel",
            {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
             "align_corners", "asymmetric", "tf_crop_and_resize",
             "tf_half_pixel_for_nn"}) &&
      (node.getString("nearest_mode", "") == simpleNearestMode ||
       check("nearest_mode", "floor",
             {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})));
}

FailureOr<ResizeTaps> ResizeTaps::get(NodeAccessor &node) {
  // Before opset 11 a position was simply divided by the scale.
  constexpr int64_t firstOpsetWithModes = 11;
  bool isOld =
      node.getOpset() < firstOpsetWithModes || node.getOpType() == "Upsample";
  ResizeTaps taps;
  taps.mode = node.getString("mode", "nearest");
  taps.transformation = node.getString("coordinate_transformation_mode",
                                       isOld ? "asymmetric" : "half_pixel");
  taps.rounding = node.getString("nearest_mode", isOld ? simpleNearestMode
                                                       : "round_prefer_floor");
  taps.cubicCoefficient = node.getFloat("cubic_coeff_a", -0.75);
  taps.excludesOutside = node.getInt("exclude_outside", 0) != 0;
  if (failed(check(node)))
    return failure();
  if (taps.transformation == "tf_crop_and_resize")
    return node.error() << "the shape of the output must be known where a "
                           "region is resized";
  return taps;
}

float ResizeTaps::getPosition(const ResizedAxis &axis, int64_t output) const {
  float position = output, input = axis.input, size = axis.output;
  if (transformation == "asymmetric")
    return position / axis.scale;
  if (transformation == "align_corners")
    return axis.output == 1 ? 0 : position * (input - 1) / (size - 1);
  if (transformation == "pytorch_half_pixel" && axis.output == 1)
    return 0;
  float middle = (position + 0.5f) / axis.scale;
  if (transformation == "tf_half_pixel_for_nn") // until opset 18
    return middle;
  float centered = middle - 0.5f;
  if (transformation != "half_pixel_symmetric")
    return centered;
  float adjustment = size / (axis.scale * input);
  return input / 2 * (1 - adjustment) + centered;
}

/// The position of the nearest element.
float ResizeTaps::roundPosition(const ResizedAxis &axis, float position) const {
  float below = std::floor(position), fraction = position - below;
  if (rounding == simpleNearestMode)
    return axis.scale < 1 ? std::ceil(position) : below;
  if (rounding == "round_prefer_floor")
    return fraction > 0.5f + middleTolerance ? below + 1 : below;
  if (rounding == "round_prefer_ceil")
    return fraction >= 0.5f - middleTolerance ? below + 1 : below;
  return rounding == "floor" ? below : std::ceil(position);
}

SmallVector<int64_t> ResizeTaps::getNearest(const ResizedAxis &axis) const {
  SmallVector<int64_t> indices;
  for (int64_t output = 0; output < axis.output; ++output) {
    float position = roundPosition(axis, getPosition(axis, output));
    indices.push_back(
        std::clamp<int64_t>(static_cast<int64_t>(position), 0, axis.input - 1));
  }
  return indices;
}

/// The weight of a sample at `distance` of a position, by the cubic
/// convolution kernel with coefficient `a`.
/// Source: R. Keys, "Cubic convolution interpolation", 1981, equation 15.
static double getCubicWeight(double distance, double a) {
  double x = std::abs(distance);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

SmallVector<ResizeTap> ResizeTaps::getTaps(const ResizedAxis &axis) const {
  bool isCubic = mode == "cubic";
  int64_t firstTap = isCubic ? -1 : 0, numTaps = isCubic ? 4 : 2;
  SmallVector<ResizeTap> taps(numTaps);
  for (int64_t output = 0; output < axis.output; ++output) {
    float position = getPosition(axis, output);
    if (!isCubic)
      position = std::clamp<float>(position, 0, axis.input - 1);
    float base = std::floor(position);
    double fraction = position - base, sum = 0;
    for (int64_t k = 0; k < numTaps; ++k) {
      int64_t offset = firstTap + k;
      int64_t index = static_cast<int64_t>(base) + offset;
      double weight = isCubic
                          ? getCubicWeight(fraction - offset, cubicCoefficient)
                          : (offset == 0 ? 1 - fraction : fraction);
      bool isOutside = index < 0 || index >= axis.input;
      if (isOutside && isCubic && excludesOutside)
        weight = 0;
      sum += weight;
      taps[k].indices.push_back(std::clamp<int64_t>(index, 0, axis.input - 1));
      taps[k].weights.push_back(weight);
    }
    if (isCubic && excludesOutside && sum != 0)
      for (ResizeTap &tap : taps)
        tap.weights.back() /= sum;
  }
  return taps;
}

} // namespace garam::onnx
