//===- ReferenceHalf.h - binary16 by way of double --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// An independent model of what the units compute. The sum and the product of
// two binary16 numbers are exact in double, so that one rounding is left, as
// in numpy's float16.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_PIM_REFERENCEHALF_H
#define GARAM_UNITTESTS_TARGET_PIM_REFERENCEHALF_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace garam::pim::test {

inline double toDouble(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double sign = bits & 0x8000 ? -1.0 : 1.0;
  if (exponent == 31)
    return fraction ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

/// Rounds to nearest even; NaN gives 0x7E00.
inline uint16_t toHalf(double value) {
  if (std::isnan(value))
    return 0x7E00;
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  value = std::fabs(value);
  if (std::isinf(value))
    return sign | 0x7C00;
  int exponent = 0;
  std::frexp(value, &exponent);
  int place = std::max(exponent - 11, -24); // of the last bit
  double units = std::nearbyint(std::ldexp(value, -place));
  double rounded = std::ldexp(units, place);
  if (rounded > 65504.0)
    return sign | 0x7C00;
  if (rounded < std::ldexp(1.0, -14))
    return sign | static_cast<uint16_t>(std::ldexp(rounded, 24));
  std::frexp(rounded, &exponent);
  auto fraction = static_cast<uint16_t>(std::ldexp(rounded, 11 - exponent));
  return sign | static_cast<uint16_t>((exponent + 14) << 10) |
         (fraction & 1023);
}

inline uint16_t addHalf(uint16_t a, uint16_t b) {
  return toHalf(toDouble(a) + toDouble(b));
}
inline uint16_t multiplyHalf(uint16_t a, uint16_t b) {
  return toHalf(toDouble(a) * toDouble(b));
}

} // namespace garam::pim::test

#endif // GARAM_UNITTESTS_TARGET_PIM_REFERENCEHALF_H
