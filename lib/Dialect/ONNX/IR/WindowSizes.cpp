//===- WindowSizes.cpp - Sizes of convolutions and pooling ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/WindowSizes.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {

std::optional<AutoPad> parseAutoPad(StringRef text) {
  return llvm::StringSwitch<std::optional<AutoPad>>(text)
      .Case("NOTSET", AutoPad::None)
      .Case("VALID", AutoPad::Valid)
      .Case("SAME_UPPER", AutoPad::SameUpper)
      .Case("SAME_LOWER", AutoPad::SameLower)
      .Default(std::nullopt);
}

/// The output has a window for each stride that begins in the input; the odd
/// element of the padding goes to the side that `autoPad` names.
static std::optional<WindowSizes>
getSameSizes(const WindowAxis &axis, AffineExpr size, AutoPad autoPad) {
  int64_t stride = axis.stride, reach = axis.getReach();
  // Elements behind the one with which the last window begins.
  AffineExpr behind = (size - 1) % stride;
  AffineExpr total = reach - 1 - behind;
  if (reach < stride) {
    // Of some sizes the last window does not reach the end.
    auto known = dyn_cast<AffineConstantExpr>(total);
    if (!known && reach > 1)
      return std::nullopt;
    total = getAffineConstantExpr(
        known ? std::max<int64_t>(known.getValue(), 0) : 0, size.getContext());
  }
  AffineExpr half = total.floorDiv(2);
  WindowSizes sizes;
  sizes.padLow = autoPad == AutoPad::SameLower ? total - half : half;
  sizes.padHigh = total - sizes.padLow;
  sizes.output = size.ceilDiv(stride);
  sizes.overhang = getAffineConstantExpr(0, size.getContext());
  return sizes;
}

std::optional<WindowSizes> getWindowSizes(const WindowAxis &axis,
                                          AffineExpr size, AutoPad autoPad,
                                          bool roundsUp) {
  if (autoPad == AutoPad::SameUpper || autoPad == AutoPad::SameLower)
    return getSameSizes(axis, size, autoPad);
  int64_t low = autoPad == AutoPad::None ? axis.padLow : 0;
  int64_t high = autoPad == AutoPad::None ? axis.padHigh : 0;
  int64_t stride = axis.stride, reach = axis.getReach();
  MLIRContext *context = size.getContext();
  AffineExpr steps = (size + low + high - reach).floorDiv(stride);
  WindowSizes sizes{getAffineConstantExpr(low, context),
                    getAffineConstantExpr(high, context), steps + 1,
                    getAffineConstantExpr(0, context)};
  if (!roundsUp)
    return sizes;
  auto known = dyn_cast<AffineConstantExpr>(size);
  if (known) {
    int64_t begin = (cast<AffineConstantExpr>(steps).getValue() + 1) * stride;
    int64_t padded = known.getValue() + low + high;
    bool isAdded =
        begin - stride + reach < padded && begin < known.getValue() + low;
    sizes.output = sizes.output + isAdded;
    sizes.overhang =
        getAffineConstantExpr(isAdded ? begin + reach - padded : 0, context);
    return sizes;
  }
  if (high >= reach)
    return std::nullopt;
  // Less padding than the last window needs to begin there: none is left out.
  // More: there is one for each stride that begins in the input.
  sizes.output = high <= reach - stride
                     ? (size + low + high - reach).ceilDiv(stride) + 1
                     : (size + low).ceilDiv(stride);
  sizes.overhang = getAffineConstantExpr(stride - 1, context);
  return sizes;
}

std::optional<TransposedWindowSizes>
getTransposedWindowSizes(const WindowAxis &axis, AffineExpr size,
                         AutoPad autoPad, int64_t extra, int64_t wanted) {
  bool isSame = autoPad == AutoPad::SameUpper || autoPad == AutoPad::SameLower;
  AffineExpr full = (size - 1) * axis.stride + (extra + axis.getReach());
  MLIRContext *context = size.getContext();
  auto makeConstant = [&](int64_t value) {
    return getAffineConstantExpr(value, context);
  };
  if (!isSame && wanted <= 0) {
    bool isPadded = autoPad == AutoPad::None;
    return TransposedWindowSizes{makeConstant(isPadded ? axis.padLow : 0),
                                 isPadded ? full - (axis.padLow + axis.padHigh)
                                          : full};
  }
  // Without 'output_shape' the size takes no part in it.
  int64_t total = extra + axis.getReach() - axis.stride;
  if (wanted > 0) {
    auto known = dyn_cast<AffineConstantExpr>(full);
    if (!known)
      return std::nullopt;
    total = known.getValue() - wanted;
  }
  total = std::max<int64_t>(0, total);
  // An element for each stride, unless strides reach over the window.
  AffineExpr output = wanted > 0 ? makeConstant(wanted) : full - total;
  int64_t low = autoPad == AutoPad::SameUpper ? total / 2 : total - total / 2;
  return TransposedWindowSizes{makeConstant(low), output};
}

std::optional<AffineExpr> getScaledSize(AffineExpr size, float scale) {
  auto scaleNumber = [&](int64_t number) {
    return static_cast<int64_t>(std::floor(scale * float(number)));
  };
  if (!(scale > 0 && scale < 1 << 24))
    return std::nullopt;
  if (auto known = dyn_cast<AffineConstantExpr>(size))
    return getAffineConstantExpr(scaleNumber(known.getValue()),
                                 size.getContext());
  // No image is larger on a side, nor is audio that is resized by fractions.
  constexpr int64_t largestSize = 1 << 20, largestDivisor = 64;
  // Of which products with these sizes are exact.
  constexpr float largestFactor = 16;
  if (scale <= largestFactor && scale == std::floor(scale))
    return size * static_cast<int64_t>(scale);
  for (int64_t divisor = 1; divisor <= largestDivisor; ++divisor) {
    int64_t factor = std::lround(double(scale) * divisor);
    bool isEqual = factor > 0;
    for (int64_t number = 1; isEqual && number <= largestSize; ++number)
      isEqual = scaleNumber(number) == number * factor / divisor;
    if (isEqual)
      return (size * factor).floorDiv(divisor);
  }
  return std::nullopt;
}

} // namespace garam::onnx
