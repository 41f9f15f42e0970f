//===- Epilogue.cpp - Steps of an epilogue --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

/// Combines two vectors of which either may have one element for all channels.
template <typename Function>
static ChannelValues combineChannels(const ChannelValues &a,
                                     const ChannelValues &b,
                                     Function function) {
  ChannelValues result;
  size_t count = std::max(a.size(), b.size());
  result.reserve(count);
  for (size_t i = 0; i < count; ++i)
    result.push_back(
        function(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]));
  return result;
}

bool Epilogue::add(const ChannelValues &values) {
  if (requantization || isClamped() || isQuantized)
    return false;
  bias = combineChannels(bias, values, std::plus<double>());
  return true;
}

bool Epilogue::multiply(const ChannelValues &values) {
  bool isScalar = values.size() == 1;
  // A clamp keeps its meaning under a positive factor only; the residual and
  // the clamp have one factor for all channels.
  if (isQuantized || requantization ||
      ((isClamped() || residual) && !isScalar) ||
      (isClamped() && !(values[0] > 0)))
    return false;
  scale = combineChannels(scale, values, std::multiplies<double>());
  bias = combineChannels(bias, values, std::multiplies<double>());
  if (residual)
    residual->scale *= values[0];
  if (clampLow)
    *clampLow *= values[0];
  if (clampHigh)
    *clampHigh *= values[0];
  return true;
}

bool Epilogue::add(const Residual &other) {
  if (!takesResidual || residual || isClamped() || isQuantized)
    return false;
  residual = other;
  return true;
}

bool Epilogue::clampBelow(double low) {
  if (isQuantized || std::isnan(low))
    return false;
  clampLow = clampLow ? std::max(*clampLow, low) : low;
  if (clampHigh)
    clampHigh = std::max(*clampHigh, low);
  return true;
}

bool Epilogue::clampAbove(double high) {
  if (isQuantized || std::isnan(high))
    return false;
  clampHigh = clampHigh ? std::min(*clampHigh, high) : high;
  if (clampLow)
    clampLow = std::min(*clampLow, high);
  return true;
}

static bool isStep(double scale) { return std::isfinite(scale) && scale > 0; }

bool Epilogue::quantize(const ChannelValues &scales, int64_t newZeroPoint,
                        bool resultIsUnsigned) {
  if (isQuantized || !llvm::all_of(scales, isStep))
    return false;
  if (requantization) {
    if (scales.size() != 1)
      return false;
    outputScale = scales[0];
  } else {
    ChannelValues factors;
    for (double step : scales)
      factors.push_back(1.0 / step);
    if (!multiply(factors))
      return false;
  }
  isQuantized = true;
  zeroPoint = newZeroPoint;
  isUnsigned = resultIsUnsigned;
  return true;
}

bool Epilogue::dequantize(double newScale, int64_t newZeroPoint,
                          bool inputIsUnsigned, unsigned bits) {
  if (!takesDequantize || !isQuantized || requantization || residual ||
      newZeroPoint != zeroPoint || inputIsUnsigned != isUnsigned ||
      !isStep(newScale))
    return false;
  int64_t low = isUnsigned ? 0 : llvm::minIntN(bits);
  int64_t high = isUnsigned ? llvm::maxUIntN(bits) : llvm::maxIntN(bits);
  // The result would be clamped before it is rounded, in units of its scale.
  double least = low - zeroPoint, most = high - zeroPoint;
  if (clampLow)
    least =
        std::max<double>(least, std::nearbyint(static_cast<float>(*clampLow)));
  if (clampHigh)
    most =
        std::min<double>(most, std::nearbyint(static_cast<float>(*clampHigh)));
  // NaN, which no bound holds, is stored as the zero point.
  if (!(least <= 0 && most >= 0))
    return false;
  requantization =
      Requantization{static_cast<int32_t>(least), static_cast<int32_t>(most),
                     static_cast<float>(newScale)};
  clampLow = clampHigh = std::nullopt;
  isQuantized = isUnsigned = false;
  zeroPoint = 0;
  return true;
}

} // namespace garam::npu
