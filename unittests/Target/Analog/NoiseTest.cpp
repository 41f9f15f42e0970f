//===- NoiseTest.cpp - Programming noise ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Statistics are those of fixed seeds, so that a test never fails by chance; a
// bound says how unlikely a right generator would be to miss it.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Noise.h"
#include "SmallProgram.h"
#include "garam/Target/Analog/Simulator.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace garam;
using namespace garam::analog;

namespace {

using Words = std::array<uint32_t, 4>;

// Known answers of the authors' library Random123.
TEST(AnalogNoise, PhiloxGivesItsKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

double getNormalCDF(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

// Draws fall into 40 equally likely parts of the normal distribution as often
// as they should: chi-square of 39 degrees of freedom, whose quantile at 1 -
// 1e-6 is 101.
TEST(AnalogNoise, DrawsAreNormal) {
  constexpr unsigned parts = 40, draws = 200000;
  std::array<unsigned, parts> counts = {};
  double product = 0;
  for (uint32_t i = 0; i < draws / 2; ++i) {
    auto [first, second] = drawNormal(7, 3, i / 256, i % 256);
    for (double draw : {first, second})
      ++counts[std::min<unsigned>(getNormalCDF(draw) * parts, parts - 1)];
    product += first * second;
  }
  double expected = double(draws) / parts, chiSquare = 0;
  for (unsigned count : counts)
    chiSquare += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chiSquare, 101);
  // The pair is independent: its mean product has deviation 1 / sqrt(n), and
  // five of them are exceeded once in 1.7 million.
  EXPECT_LT(std::abs(product / (draws / 2)), 5 / std::sqrt(draws / 2.0));
}

// The published polynomial, at points worked out by hand from it.
TEST(AnalogNoise, DeviationIsThePublishedPolynomial) {
  MachineDescription machine = readHermes();
  auto getDeviation = [&](double g) {
    return getProgrammingDeviation(machine,
                                   g * machine.crossbar.maxMicrosiemens);
  };
  EXPECT_NEAR(getDeviation(0), 0.16603222, 1e-12);
  EXPECT_NEAR(getDeviation(1), 1.09269857, 1e-12);
  EXPECT_NEAR(getDeviation(0.5),
              0.16603222 + 4.71806468 / 2 - 8.48101252 / 4 + 4.68961419 / 8,
              1e-12);
}

/// Mean and deviation of the larger of 0 and a normal variable.
std::pair<double, double> getRectified(double mean, double deviation) {
  double z = mean / deviation, cdf = getNormalCDF(z);
  double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
  double first = mean * cdf + deviation * density;
  double second =
      (mean * mean + deviation * deviation) * cdf + mean * deviation * density;
  return {first, std::sqrt(second - first * first)};
}

// For every level, mean and deviation of 20,000 conductances of each polarity
// are those of the published distribution, which ends at zero. The mean is
// within 5 of its standard errors; the deviation within 5 of its, which is at
// most 1 / sqrt(n) of it for a rectified normal variable (kurtosis below 5).
// Missing one of the 1,016 bounds by chance: once in 1,700.
TEST(AnalogNoise, ConductancesFollowThePublishedModel) {
  MachineDescription machine = readHermes();
  constexpr unsigned n = 20000;
  for (int32_t level = -127; level <= 127; ++level) {
    double sums[2] = {}, squares[2] = {};
    for (uint32_t i = 0; i < n; ++i) {
      CellConductance cell =
          program(machine, level, /*seed=*/11, level + 127, i / 256, i % 256);
      const double values[] = {cell.positive, cell.negative};
      for (int p = 0; p < 2; ++p) {
        EXPECT_GE(values[p], 0);
        sums[p] += values[p];
        squares[p] += values[p] * values[p];
      }
    }
    CellConductance target = getTarget(machine, level);
    EXPECT_EQ(target.positive * target.negative, 0);
    const double targets[] = {target.positive, target.negative};
    for (int p = 0; p < 2; ++p) {
      auto [mean, deviation] = getRectified(
          targets[p], getProgrammingDeviation(machine, targets[p]));
      double found = sums[p] / n;
      double foundDeviation = std::sqrt(squares[p] / n - found * found);
      EXPECT_NEAR(found, mean, 5 * deviation / std::sqrt(n)) << level;
      EXPECT_NEAR(foundDeviation, deviation, 5 * deviation / std::sqrt(n))
          << level;
    }
  }
}

// The same on any number of threads; another with another seed.
TEST(AnalogNoise, CrossbarsDependOnTheSeedOnly) {
  Program program = makeSmallProgram();
  MachineDescription machine = readHermes();
  std::vector<uint8_t> constants = getSmallConstants();
  auto programAll = [&](uint64_t seed, unsigned threads) {
    return programCrossbars(program, machine, constants, seed, threads).tiles;
  };
  EXPECT_EQ(programAll(1, 1), programAll(1, 8));
  EXPECT_NE(programAll(1, 1), programAll(2, 1));
  EXPECT_NE(programAll(1, 1), programAll(uint64_t(1) << 32, 1));
}

} // namespace
