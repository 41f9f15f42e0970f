//===- Half.cpp - Arithmetic of the execution units -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Half.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace garam::pim {

namespace {

constexpr unsigned fractionBits = 10;
constexpr Half signBit = 0x8000, infinity = 0x7C00, quietBit = 0x0200;
constexpr Half invalid = 0x7FFF;
/// Exponent of the least subnormal: every finite number is a multiple of it.
constexpr int minExponent = -24;

bool isNaN(Half a) { return (a & ~signBit) > infinity; }
bool isInfinite(Half a) { return (a & ~signBit) == infinity; }

/// A finite number: significand * 2^exponent.
struct Finite {
  uint64_t significand;
  int exponent;
};

Finite unpack(Half a) {
  uint64_t fraction = a & llvm::maskTrailingOnes<uint32_t>(fractionBits);
  int biased = (a & infinity) >> fractionBits;
  if (biased == 0)
    return {fraction, minExponent};
  return {fraction | uint64_t(1) << fractionBits, biased - 1 + minExponent};
}

/// significand * 2^exponent, rounded; `sign` is 0 or signBit.
Half round(Half sign, uint64_t significand, int exponent) {
  if (significand == 0)
    return sign;
  int leading = exponent + static_cast<int>(llvm::Log2_64(significand));
  // The exponent of the result's last place.
  int last = std::max(leading - static_cast<int>(fractionBits), minExponent);
  uint64_t rounded;
  if (last <= exponent) {
    rounded = significand << (exponent - last);
  } else {
    unsigned dropped = last - exponent;
    if (dropped > llvm::Log2_64(significand) + 1)
      return sign; // below half of the least subnormal
    uint64_t half = uint64_t(1) << (dropped - 1);
    uint64_t rest = significand & llvm::maskTrailingOnes<uint64_t>(dropped);
    rounded = significand >> dropped;
    if (rest > half || (rest == half && rounded % 2 != 0))
      ++rounded;
  }
  // The leading bit of a normal number, and a carry out of rounding, count up
  // the exponent.
  uint64_t bits =
      (static_cast<uint64_t>(last - minExponent) << fractionBits) + rounded;
  return sign | static_cast<Half>(std::min<uint64_t>(bits, infinity));
}

Half passOn(Half a, Half b) { return (isNaN(a) ? a : b) | quietBit; }

/// As a multiple of 2^minExponent.
int64_t toFixed(Half a) {
  Finite finite = unpack(a);
  auto magnitude = static_cast<int64_t>(finite.significand
                                        << (finite.exponent - minExponent));
  return a & signBit ? -magnitude : magnitude;
}

} // namespace

Half add(Half a, Half b) {
  if (isNaN(a) || isNaN(b))
    return passOn(a, b);
  if (isInfinite(a))
    return isInfinite(b) && a != b ? invalid : a;
  if (isInfinite(b))
    return b;
  // 40 bits and a sign: the sum is exact.
  int64_t sum = toFixed(a) + toFixed(b);
  if (sum == 0)
    return a & b & signBit; // -0 only as -0 + -0
  return round(sum < 0 ? signBit : 0, static_cast<uint64_t>(std::abs(sum)),
               minExponent);
}

Half multiply(Half a, Half b) {
  if (isNaN(a) || isNaN(b))
    return passOn(a, b);
  Half sign = (a ^ b) & signBit;
  Finite x = unpack(a), y = unpack(b);
  if (isInfinite(a) || isInfinite(b)) {
    bool hasZero = (a & ~signBit) == 0 || (b & ~signBit) == 0;
    return hasZero ? invalid : sign | infinity;
  }
  return round(sign, x.significand * y.significand, x.exponent + y.exponent);
}

Half fromFloat(float value) {
  constexpr unsigned floatFractionBits = 23;
  constexpr uint32_t floatInfinity = 0x7F800000;
  constexpr int minFloatExponent = -149; // of the least subnormal
  auto bits = llvm::bit_cast<uint32_t>(value);
  Half sign = bits >> 16 & signBit;
  uint32_t magnitude = bits & ~(uint32_t(1) << 31);
  uint32_t fraction =
      magnitude & llvm::maskTrailingOnes<uint32_t>(floatFractionBits);
  if (magnitude > floatInfinity)
    return sign | infinity | quietBit |
           static_cast<Half>(fraction >> (floatFractionBits - fractionBits));
  if (magnitude == floatInfinity)
    return sign | infinity;
  int biased = static_cast<int>(magnitude >> floatFractionBits);
  if (biased == 0)
    return round(sign, fraction, minFloatExponent);
  return round(sign, fraction | uint32_t(1) << floatFractionBits,
               biased - 1 + minFloatExponent);
}

float toFloat(Half a) {
  float sign = a & signBit ? -1.0f : 1.0f;
  if (isNaN(a))
    return std::copysign(std::numeric_limits<float>::quiet_NaN(), sign);
  if (isInfinite(a))
    return sign * std::numeric_limits<float>::infinity();
  Finite finite = unpack(a);
  return sign *
         std::ldexp(static_cast<float>(finite.significand), finite.exponent);
}

} // namespace garam::pim
