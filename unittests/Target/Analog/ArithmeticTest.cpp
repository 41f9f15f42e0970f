//===- ArithmeticTest.cpp - Numbers of analog chips -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Arithmetic.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace garam::analog;

namespace {

TEST(AnalogArithmetic, InputsRoundToEvenAndSaturate) {
  EXPECT_EQ(convertInput(0.5f, 1, -127, 127), 0);
  EXPECT_EQ(convertInput(1.5f, 1, -127, 127), 2);
  EXPECT_EQ(convertInput(-2.5f, 1, -127, 127), -2);
  EXPECT_EQ(convertInput(3.0f, 0.25f, -127, 127), 12);
  EXPECT_EQ(convertInput(1e30f, 1, -127, 100), 100);
  EXPECT_EQ(convertInput(-INFINITY, 1, -5, 127), -5);
  EXPECT_EQ(convertInput(NAN, 1, -127, 127), 0);
}

TEST(AnalogArithmetic, OutputsRoundToEvenAndSaturate) {
  for (int64_t sum = -40; sum <= 40; ++sum)
    for (uint32_t step = 1; step <= 9; ++step) {
      auto expected = static_cast<int32_t>(std::nearbyint(double(sum) / step));
      EXPECT_EQ(convertOutput(sum, step, 127), expected) << sum << '/' << step;
      EXPECT_EQ(convertOutput(double(sum), step, 127), expected);
    }
  EXPECT_EQ(convertOutput(int64_t(1280), 10, 127), 127);
  EXPECT_EQ(convertOutput(-1e9, 1, 127), -127);
}

TEST(AnalogArithmetic, OutputsAreScaledThenBounded) {
  EXPECT_EQ(rescale(6, 0.5f, 1, -INFINITY, INFINITY), 4.0f);
  EXPECT_EQ(rescale(-6, 0.5f, 1, 0, INFINITY), 0.0f);
  EXPECT_EQ(rescale(60, 0.5f, 1, 0, 6), 6.0f);
  EXPECT_TRUE(std::isnan(rescale(1, NAN, 0, 0, 6)));
}

TEST(AnalogArithmetic, Levels) {
  EXPECT_EQ(getWeightScale(254, 127), 2.0f);
  EXPECT_EQ(getLevel(-254, 2, 127), -127);
  EXPECT_EQ(getLevel(3, 2, 127), 2); // 1.5
  EXPECT_EQ(getLevel(5, 2, 127), 2); // 2.5
  EXPECT_EQ(getLevel(5, 0, 127), 0);
  EXPECT_EQ(getLevel(NAN, 2, 127), 0);
}

// With the step of a column no codes within bounds saturate its ADC, and with a
// smaller one some would.
TEST(AnalogArithmetic, StepsAreTheLeastThatDoNotSaturate) {
  const int8_t levels[] = {100, -50, 7, -127};
  struct {
    int32_t low, high;
  } bounds[] = {{-127, 127}, {0, 127}, {-3, 100}, {0, 0}, {0, 1}};
  for (auto [low, high] : bounds) {
    uint32_t step = getStep(levels, 4, 1, low, high, 127);
    int64_t least = 0, most = 0;
    for (int64_t level : levels) {
      most += level * (level > 0 ? high : low);
      least += level * (level > 0 ? low : high);
    }
    int64_t reach = std::max(most, -least);
    EXPECT_GE(int64_t(step) * 127, reach);
    EXPECT_TRUE(step == 1 || int64_t(step - 1) * 127 < reach);
  }
  // Every other element: 100 and 7.
  EXPECT_EQ(getStep(levels, 2, 2, 0, 127, 127), 107u);
}

} // namespace
