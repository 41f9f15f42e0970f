//===- Noise.cpp - Programming noise --------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Noise.h"

#include <algorithm>
#include <cmath>

namespace garam::analog {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key) {
  constexpr unsigned rounds = 10, wordBits = 32;
  constexpr uint64_t multipliers[] = {0xD2511F53, 0xCD9E8D57};
  constexpr uint32_t increments[] = {0x9E3779B9, 0xBB67AE85};
  for (unsigned round = 0; round < rounds; ++round) {
    uint64_t first = multipliers[0] * counter[0];
    uint64_t second = multipliers[1] * counter[2];
    counter = {
        uint32_t(second >> wordBits) ^ counter[1] ^ key[0], uint32_t(second),
        uint32_t(first >> wordBits) ^ counter[3] ^ key[1], uint32_t(first)};
    key = {key[0] + increments[0], key[1] + increments[1]};
  }
  return counter;
}

/// The natural logarithm of a positive number by arithmetic that is the same
/// everywhere; that of the C library may differ in the last place from one
/// processor to the next. Relative error below 1e-14.
static double getLogarithm(double x) {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh(t).
  constexpr double ln2 = 0.693147180559945309417,
                   sqrtHalf = 0.70710678118654752;
  int exponent;
  double m = std::frexp(x, &exponent);
  if (m < sqrtHalf) {
    m *= 2;
    --exponent;
  }
  double t = (m - 1) / (m + 1), square = t * t;
  // |t| < 0.172: the term of power 21 is below 1e-17.
  constexpr int lastPower = 21;
  double sum = 0;
  for (int power = lastPower; power >= 1; power -= 2)
    sum = sum * square + 1.0 / power;
  return 2 * t * sum + exponent * ln2;
}

/// A number in (-1, 1) from 64 bits, of which 53 count.
static double getCoordinate(uint32_t high, uint32_t low) {
  constexpr unsigned wordBits = 32, dropped = 11;
  uint64_t bits = (uint64_t(high) << wordBits | low) >> dropped;
  // The middle of one of 2^53 equal parts.
  return (static_cast<double>(bits) + 0.5) * 0x1p-52 - 1.0;
}

std::pair<double, double> drawNormal(uint64_t seed, uint32_t a, uint32_t b,
                                     uint32_t c) {
  std::array<uint32_t, 2> key = {uint32_t(seed), uint32_t(seed >> 32)};
  for (uint32_t attempt = 0;; ++attempt) {
    std::array<uint32_t, 4> words = philox4x32({a, b, c, attempt}, key);
    double u = getCoordinate(words[0], words[1]);
    double v = getCoordinate(words[2], words[3]);
    double s = u * u + v * v;
    // Inside of the unit circle, which 4 of 5 points are.
    if (s >= 1 || s == 0)
      continue;
    double factor = std::sqrt(-2 * getLogarithm(s) / s);
    return {u * factor, v * factor};
  }
}

double getProgrammingDeviation(const MachineDescription &machine,
                               double microsiemens) {
  double g = microsiemens / machine.crossbar.maxMicrosiemens;
  const std::array<double, 4> &c = machine.noise.coefficients;
  return std::max(0.0, c[0] + g * (c[1] + g * (c[2] + g * c[3])));
}

CellConductance getTarget(const MachineDescription &machine, int32_t level) {
  double unit = machine.crossbar.maxMicrosiemens / machine.crossbar.levels;
  return {std::max(level, 0) * unit, std::max(-level, 0) * unit};
}

CellConductance program(const MachineDescription &machine, int32_t level,
                        uint64_t seed, uint32_t core, uint32_t row,
                        uint32_t column) {
  CellConductance target = getTarget(machine, level);
  auto [first, second] = drawNormal(seed, core, row, column);
  auto reach = [&](double goal, double draw) {
    return std::max(0.0, goal + getProgrammingDeviation(machine, goal) * draw);
  };
  return {reach(target.positive, first), reach(target.negative, second)};
}

} // namespace garam::analog
