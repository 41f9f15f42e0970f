//===- FunctionsTest.cpp - Tests of elementary functions and conversions --===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "Reference.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace garam::npu;

namespace {

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

uint64_t encode(ElementType type, float value) {
  switch (type) {
  case ElementType::F16:
    return toF16(value);
  case ElementType::BF16:
    return toBF16(value);
  case ElementType::F8E4M3:
    return toFloat8(value, float8E4M3);
  default:
    return toFloat8(value, float8E5M2);
  }
}

float decode(ElementType type, uint64_t bits) {
  switch (type) {
  case ElementType::F16:
    return fromF16(bits);
  case ElementType::BF16:
    return fromBF16(bits);
  case ElementType::F8E4M3:
    return fromFloat8(bits, float8E4M3);
  default:
    return fromFloat8(bits, float8E5M2);
  }
}

class ConversionTest : public ::testing::TestWithParam<ElementType> {};

// Every value of the narrow type widens to the value that LLVM gives it.
TEST_P(ConversionTest, WidensEveryValue) {
  uint64_t count = uint64_t(1) << (getByteWidth(GetParam()) * 8);
  for (uint64_t bits = 0; bits < count; ++bits)
    ASSERT_EQ(canonical(decode(GetParam(), bits)),
              canonical(garam::npu::testing::decodeFloat(GetParam(), bits)))
        << bits;
}

// The rounding turns at the middle between two neighbours: every narrow value,
// every middle, and what lies just beside them.
TEST_P(ConversionTest, NarrowsToNearestEven) {
  uint64_t count = uint64_t(1) << (getByteWidth(GetParam()) * 8);
  for (uint64_t bits = 0; bits < count; ++bits) {
    uint32_t value = toBits(decode(GetParam(), bits));
    uint32_t next = toBits(decode(GetParam(), (bits + 1) % count));
    uint32_t middle = value + (next - value) / 2;
    for (uint32_t at :
         {value - 1, value, value + 1, middle - 1, middle, middle + 1}) {
      float input = toFloat(at);
      ASSERT_EQ(encode(GetParam(), input),
                garam::npu::testing::encodeFloat(GetParam(), input))
          << std::hexfloat << input;
    }
  }
}

TEST_P(ConversionTest, NarrowsRandomValues) {
  std::mt19937 random(1);
  for (unsigned i = 0; i < 200000; ++i) {
    float input = toFloat(random());
    ASSERT_EQ(encode(GetParam(), input),
              garam::npu::testing::encodeFloat(GetParam(), input))
        << std::hexfloat << input;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ConversionTest,
                         ::testing::Values(ElementType::F16, ElementType::BF16,
                                           ElementType::F8E4M3,
                                           ElementType::F8E5M2),
                         [](const auto &info) {
                           return getName(info.param).str();
                         });

TEST(RoundToEvenTest, IsThatOfTheStandard) {
  for (float value : {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 0.49999997f, 8388607.5f,
                      4194304.5f, -0.0f, 1e30f})
    EXPECT_EQ(toBits(roundToEven(value)), toBits(std::nearbyint(value)))
        << value;
}

TEST(SaturateTest, ClampsToTheType) {
  EXPECT_EQ(saturate<int8_t>(200.0f), 127);
  EXPECT_EQ(saturate<uint8_t>(-3.0f), 0);
  EXPECT_EQ(saturate<int32_t>(3e9f), INT32_MAX);
  EXPECT_EQ(saturate<int64_t>(-1e30f), INT64_MIN);
  EXPECT_EQ(saturate<uint64_t>(1e30f), UINT64_MAX);
  EXPECT_EQ(saturate<int32_t>(NAN), 0);
  EXPECT_EQ(saturate<uint16_t>(int32_t(-1)), 0);
  EXPECT_EQ(saturate<int16_t>(int32_t(40000)), 32767);
  EXPECT_EQ(saturate<uint32_t>(int32_t(-1)), 0u);
  EXPECT_EQ(saturate<int64_t>(int32_t(-1)), -1);
  EXPECT_EQ(saturate<uint64_t>(INT32_MIN), 0u);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Distance in units of the last place.
uint64_t getDistance(uint32_t a, uint32_t b) {
  auto order = [](uint32_t bits) {
    int64_t magnitude = bits & 0x7FFFFFFF;
    return bits >> 31 ? -magnitude : magnitude;
  };
  return std::llabs(order(a) - order(b));
}

struct Case {
  VectorOpcode opcode;
  const char *name;
};

class FunctionTest : public ::testing::TestWithParam<Case> {
protected:
  void check(float x, float y = 0) {
    uint32_t a = toBits(x), b = toBits(y), result;
    applyFunction(GetParam().opcode, 1, &a, &b, &result);
    VectorInstruction instruction;
    instruction.opcode = GetParam().opcode;
    uint32_t expected = garam::npu::testing::evaluate(instruction, a, b, 0);
    if (std::isnan(toFloat(expected)))
      ASSERT_EQ(result, canonicalNaN) << std::hexfloat << x << " " << y;
    else
      ASSERT_LE(getDistance(result, expected), 1u)
          << std::hexfloat << x << " " << y << ": " << toFloat(result)
          << " instead of " << toFloat(expected);
  }
};

TEST_P(FunctionTest, IsWithinOneUnitInTheLastPlace) {
  // Random bits reach every exponent; the second sweep the usual range.
  std::mt19937 random(2);
  for (unsigned i = 0; i < 200000; ++i)
    check(toFloat(random()), toFloat(random()));
  for (int i = -100000; i <= 100000; ++i)
    check(i * 1e-3f, (i % 97) * 0.25f);
}

TEST_P(FunctionTest, HandlesSpecialValues) {
  const float values[] = {0.0f,      -0.0f,   1.0f,     -1.0f,      2.0f,
                          -2.0f,     3.0f,    -3.0f,    0.5f,       -0.5f,
                          1e-40f,    -1e-40f, INFINITY, -INFINITY,  NAN,
                          88.7f,     88.8f,   -103.9f,  -104.0f,    65536.0f,
                          -65536.0f, 3.4e38f, -3.4e38f, 16777216.0f};
  for (float x : values)
    for (float y : values)
      check(x, y);
}

INSTANTIATE_TEST_SUITE_P(
    Functions, FunctionTest,
    ::testing::Values(
        Case{VectorOpcode::ExpF, "Exp"}, Case{VectorOpcode::LogF, "Log"},
        Case{VectorOpcode::TanhF, "Tanh"}, Case{VectorOpcode::ErfF, "Erf"},
        Case{VectorOpcode::SinF, "Sin"}, Case{VectorOpcode::CosF, "Cos"},
        Case{VectorOpcode::PowF, "Pow"}, Case{VectorOpcode::RsqrtF, "Rsqrt"},
        Case{VectorOpcode::SigmoidF, "Sigmoid"}),
    [](const auto &info) { return info.param.name; });

} // namespace
