//===- Conversions.h - Element types to and from registers ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Bit-exact conversions of the ISA, without help of the host's rounding mode
// or float extensions. Every NaN becomes the one canonical NaN of its type, for
// hosts differ in the sign and payload that their arithmetic gives it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_CONVERSIONS_H
#define GARAM_TARGET_NPU_MACHINE_CONVERSIONS_H

#include "llvm/ADT/bit.h"

#include <cstdint>
#include <limits>

namespace garam::npu {

constexpr uint32_t canonicalNaN = 0x7FC00000;

inline uint32_t toBits(float value) { return llvm::bit_cast<uint32_t>(value); }
inline float toFloat(uint32_t bits) { return llvm::bit_cast<float>(bits); }

/// The bits of `value`, NaN made canonical.
inline uint32_t canonical(float value) {
  return value == value ? toBits(value) : canonicalNaN;
}

//===----------------------------------------------------------------------===//
// bf16
//===----------------------------------------------------------------------===//

inline float fromBF16(uint16_t bits) { return toFloat(uint32_t(bits) << 16); }

inline uint16_t toBF16(float value) {
  uint32_t bits = toBits(value);
  // Adds half of the last place, and one more when that place is odd.
  uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  return value == value ? rounded : canonicalNaN >> 16;
}

//===----------------------------------------------------------------------===//
// f16
//===----------------------------------------------------------------------===//

inline float fromF16(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7FFF;
  // The exponent's bias grows from 15 to 127; of infinity and NaN it is all
  // ones again.
  uint32_t normal = (magnitude << 13) + (uint32_t(127 - 15) << 23);
  uint32_t special = normal + (uint32_t(127 - 15) << 23);
  // A subnormal is an integer number of 2^-24.
  uint32_t subnormal =
      toBits(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f);
  uint32_t bits = magnitude >= 0x7C00   ? special
                  : magnitude >= 0x0400 ? normal
                                        : subnormal;
  return toFloat(sign | bits);
}

inline uint16_t toF16(float value) {
  uint32_t bits = toBits(value);
  uint32_t sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7FFFFFFF;
  // Adding 0.5 moves the last place of a subnormal f16 to the last place of
  // the f32 sum, where the addition rounds.
  uint32_t subnormal = toBits(toFloat(magnitude) + 0.5f) - toBits(0.5f);
  uint32_t normal = (magnitude - (uint32_t(127 - 15) << 23) + 0xFFF +
                     ((magnitude >> 13) & 1)) >>
                    13;
  constexpr uint32_t leastInfinite = 0x477FF000; // 65520, half beyond 65504
  constexpr uint32_t leastNormal = 0x38800000;   // 2^-14
  uint32_t result = magnitude > 0x7F800000       ? 0x7E00
                    : magnitude >= leastInfinite ? 0x7C00
                    : magnitude >= leastNormal   ? normal
                                                 : subnormal;
  return value == value ? sign | result : 0x7E00;
}

//===----------------------------------------------------------------------===//
// f8
//===----------------------------------------------------------------------===//

/// An eight-bit float. `largest` are the bits of the largest finite magnitude.
struct Float8Format {
  unsigned mantissaBits;
  int bias;
  uint8_t largest, nan;
  bool hasInfinity;
};
constexpr Float8Format float8E4M3 = {3, 7, 0x7E, 0x7F, false};
constexpr Float8Format float8E5M2 = {2, 15, 0x7B, 0x7F, true};

inline float fromFloat8(uint8_t bits, const Float8Format &format) {
  uint32_t sign = uint32_t(bits & 0x80) << 24;
  uint32_t magnitude = bits & 0x7F;
  if (magnitude > format.largest) {
    bool infinite =
        format.hasInfinity && magnitude == uint32_t(format.largest) + 1;
    return toFloat(infinite ? sign | 0x7F800000 : canonicalNaN);
  }
  uint32_t shift = 23 - format.mantissaBits;
  if (magnitude >> format.mantissaBits)
    return toFloat(
        sign | ((magnitude << shift) + (uint32_t(127 - format.bias) << 23)));
  float unit =
      toFloat(uint32_t(127 + 1 - format.bias - int(format.mantissaBits)) << 23);
  return toFloat(sign | toBits(static_cast<float>(magnitude) * unit));
}

/// Rounds to nearest even; what is too large becomes the largest finite value,
/// as ONNX's saturating casts do.
inline uint8_t toFloat8(float value, const Float8Format &format) {
  uint32_t bits = toBits(value);
  uint8_t sign = (bits >> 24) & 0x80;
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (value != value)
    return format.nan;
  uint32_t shift = 23 - format.mantissaBits;
  uint32_t rebias = uint32_t(127 - format.bias) << 23;
  uint32_t leastNormal = rebias + (1u << 23);
  uint32_t result;
  if (magnitude >= leastNormal) {
    result = (magnitude - rebias + ((1u << (shift - 1)) - 1) +
              ((magnitude >> shift) & 1)) >>
             shift;
    if (result > format.largest)
      result = format.largest;
  } else {
    // The sum's last place is the last place of a subnormal.
    float magic = toFloat((127 + 1 - format.bias + shift) << 23);
    result = toBits(toFloat(magnitude) + magic) - toBits(magic);
  }
  return sign | result;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// To the nearest integer, ties to even; the sign of zero is kept.
inline float roundToEven(float value) {
  // From 2^23 on there are no fractions; below, adding and subtracting 2^23
  // rounds them away.
  float magnitude = toFloat(toBits(value) & 0x7FFFFFFF);
  float rounded = (magnitude + 0x1p23f) - 0x1p23f;
  uint32_t sign = toBits(value) & 0x80000000;
  return magnitude < 0x1p23f ? toFloat(toBits(rounded) | sign) : value;
}

/// An integral float as integer T, saturating; NaN gives 0.
template <typename T>
inline T saturate(float value) {
  constexpr T low = std::numeric_limits<T>::min();
  constexpr T high = std::numeric_limits<T>::max();
  // As a float `high` of a wide type is rounded up, to a power of two.
  if (!(value == value))
    return 0;
  if (value <= static_cast<float>(low))
    return low;
  if (value >= static_cast<float>(high))
    return high;
  return static_cast<T>(value);
}

/// An i32 as integer T, saturating.
template <typename T>
inline T saturate(int32_t value) {
  constexpr int64_t i32Low = std::numeric_limits<int32_t>::min();
  constexpr int64_t i32High = std::numeric_limits<int32_t>::max();
  constexpr bool isSigned = std::numeric_limits<T>::is_signed;
  constexpr int64_t low = !isSigned        ? 0
                          : sizeof(T) >= 4 ? i32Low
                                           : std::numeric_limits<T>::min();
  constexpr int64_t high =
      sizeof(T) >= 4 ? i32High
                     : static_cast<int64_t>(std::numeric_limits<T>::max());
  return static_cast<T>(value < low ? low : value > high ? high : value);
}

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_CONVERSIONS_H
