//===- Arithmetic.cpp - Numbers of analog chips ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Arithmetic.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>

namespace garam::analog {

/// The nearest integer, ties to even, within bounds that floats hold exactly.
template <typename Float>
static int32_t roundWithin(Float value, int32_t low, int32_t high) {
  if (std::isnan(value))
    return 0;
  return static_cast<int32_t>(std::clamp(std::nearbyint(value),
                                         static_cast<Float>(low),
                                         static_cast<Float>(high)));
}

int32_t convertInput(float x, float scale, int32_t low, int32_t high) {
  return roundWithin(x / scale, low, high);
}

int32_t convertOutput(int64_t sum, uint32_t step, int32_t limit) {
  int64_t quotient = llvm::divideFloorSigned(sum, int64_t(step));
  int64_t twice = 2 * (sum - quotient * step);
  if (twice > step || (twice == step && quotient % 2 != 0))
    ++quotient;
  return std::clamp<int64_t>(quotient, -limit, limit);
}

int32_t convertOutput(double sum, uint32_t step, int32_t limit) {
  return roundWithin(sum / step, -limit, limit);
}

float rescale(int32_t sum, float scale, float bias, float low, float high) {
  float value = static_cast<float>(sum) * scale;
  value += bias;
  // As maximum and minimum of IEEE 754: what is no number stays so.
  if (value < low)
    value = low;
  return value > high ? high : value;
}

float getWeightScale(float largest, uint32_t levels) {
  return largest / static_cast<float>(levels);
}

int32_t getLevel(float weight, float scale, uint32_t levels) {
  if (scale == 0)
    return 0;
  return roundWithin(weight / scale, -int32_t(levels), levels);
}

uint32_t getStep(const int8_t *levels, size_t rows, size_t stride, int32_t low,
                 int32_t high, int32_t limit) {
  int64_t least = 0, most = 0;
  for (size_t row = 0; row < rows; ++row) {
    int64_t atLow = int64_t(levels[row * stride]) * low;
    int64_t atHigh = int64_t(levels[row * stride]) * high;
    least += std::min(atLow, atHigh);
    most += std::max(atLow, atHigh);
  }
  uint64_t reach = std::max(most, -least);
  return std::max<uint64_t>(1, llvm::divideCeil(reach, uint64_t(limit)));
}

} // namespace garam::analog
