//===- HalfTest.cpp - Arithmetic of the execution units -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ReferenceHalf.h"

#include "garam/Target/PIM/Machine/Half.h"
#include "gtest/gtest.h"

#include <vector>

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

bool isNaN(uint16_t bits) { return (bits & 0x7FFF) > 0x7C00; }

/// The edges of all ranges, and one number in 997 (a prime, so that fractions
/// and exponents both vary).
std::vector<uint16_t> getOperands() {
  std::vector<uint16_t> operands = {0x0000, 0x0001, 0x0002, 0x03FF, 0x0400,
                                    0x0401, 0x3BFF, 0x3C00, 0x3C01, 0x7BFE,
                                    0x7BFF, 0x7C00, 0x1400, 0x1000};
  for (size_t i = 0, count = operands.size(); i < count; ++i)
    operands.push_back(operands[i] | 0x8000);
  for (uint32_t bits = 5; bits < 0x10000; bits += 997)
    operands.push_back(bits);
  return operands;
}

/// Compares with the reference for operands of `getOperands` and all others.
void compare(uint16_t (*function)(uint16_t, uint16_t),
             uint16_t (*reference)(uint16_t, uint16_t)) {
  for (uint16_t a : getOperands())
    for (uint32_t b = 0; b < 0x10000; ++b) {
      uint16_t got = function(a, b), expected = reference(a, b);
      if (isNaN(expected) ? !isNaN(got) : got != expected)
        FAIL() << std::hex << a << " and " << b << " give " << got << ", not "
               << expected;
    }
}

TEST(PIMHalf, Add) { compare(add, addHalf); }

TEST(PIMHalf, Multiply) { compare(multiply, multiplyHalf); }

// The first NaN goes on with its sign and payload; what makes one gives 0x7FFF.
TEST(PIMHalf, NaN) {
  EXPECT_EQ(add(0xFC01, 0x7D02), 0xFE01);
  EXPECT_EQ(add(0x3C00, 0x7D02), 0x7F02);
  EXPECT_EQ(multiply(0xFD03, 0x3C00), 0xFF03);
  EXPECT_EQ(add(0x7C00, 0xFC00), 0x7FFF);
  EXPECT_EQ(multiply(0x7C00, 0x8000), 0x7FFF);
}

TEST(PIMHalf, ReluLooksAtTheSign) {
  EXPECT_EQ(relu(0x3C00), 0x3C00);
  EXPECT_EQ(relu(0xBC00), 0x0000);
  EXPECT_EQ(relu(0x8000), 0x0000);
  EXPECT_EQ(relu(0xFE00), 0x0000);
  EXPECT_EQ(relu(0x7E00), 0x7E00);
}

} // namespace
