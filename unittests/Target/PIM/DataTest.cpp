//===- DataTest.cpp - Numbers that published kernels compute --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Results of whole streams, bit for bit against an independent model of
// binary16.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Machines.h"
#include "ReferenceHalf.h"

#include "garam/Target/PIM/Simulator.h"
#include "gtest/gtest.h"

#include <map>
#include <random>

using namespace garam::pim;
using namespace garam::pim::test;

namespace {

constexpr uint32_t columns = 32;
using Lanes = std::array<uint16_t, numLanes>;

Burst toBurst(const Lanes &lanes) {
  Burst burst;
  for (unsigned lane = 0; lane < numLanes; ++lane) {
    burst[2 * lane] = lanes[lane] & 0xFF;
    burst[2 * lane + 1] = lanes[lane] >> 8;
  }
  return burst;
}

/// Numbers of about 1 of both signs, and now and then a large, a tiny or a
/// special one.
class Random {
public:
  Lanes lanes(bool withSpecials) {
    Lanes result;
    for (uint16_t &lane : result)
      lane = withSpecials && generator() % 16 == 0 ? special() : plain();
    return result;
  }

private:
  uint16_t plain() {
    uint16_t exponent = 12 + generator() % 5;
    return (generator() & 0x83FF) | exponent << 10;
  }
  uint16_t special() {
    const uint16_t specials[] = {0x0000, 0x8000, 0x0001, 0x83FF,
                                 0x7BFF, 0xFBFF, 0x7C00, 0xFC00};
    return specials[generator() % std::size(specials)];
  }

  std::mt19937 generator;
};

SimulationResult run(const TransactionStream &stream,
                     const MachineDescription &machine) {
  auto result = simulate(stream, machine);
  if (!result) {
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }
  EXPECT_TRUE(result->warnings.empty());
  return std::move(*result);
}

//===----------------------------------------------------------------------===//
// Matrix-vector product
//===----------------------------------------------------------------------===//

class GEMVTest : public ::testing::TestWithParam<GEMVShape> {
protected:
  /// Weights of (tile, unit, output of the unit, input burst).
  using Key = std::array<uint32_t, 4>;

  void fill() {
    const GEMVShape &shape = GetParam();
    for (uint32_t burst = 0; burst < 8 * shape.inputTiles; ++burst)
      inputs.push_back(random.lanes(false));
    for (uint32_t tile = 0; tile < shape.outputTiles; ++tile)
      for (uint32_t unit = 0; unit < 8; ++unit)
        for (uint32_t output = 0; output < 8; ++output)
          for (uint32_t burst = 0; burst < inputs.size(); ++burst)
            weights[{tile, unit, output, burst}] = random.lanes(false);
  }

  /// 16 partial sums, even input tiles before odd ones, in order of bursts;
  /// each product is rounded before it is added.
  Lanes getExpected(uint32_t tile, uint32_t unit, uint32_t output) {
    Lanes sums = {};
    for (uint32_t parity = 0; parity < 2; ++parity)
      for (uint32_t input = parity; input < GetParam().inputTiles; input += 2)
        for (uint32_t burst = 8 * input; burst < 8 * input + 8; ++burst) {
          const Lanes &weight = weights[{tile, unit, output, burst}];
          for (unsigned lane = 0; lane < numLanes; ++lane)
            sums[lane] = addHalf(
                multiplyHalf(inputs[burst][lane], weight[lane]), sums[lane]);
        }
    return sums;
  }

  Random random;
  std::vector<Lanes> inputs;
  std::map<Key, Lanes> weights;
};

TEST_P(GEMVTest, BitExact) {
  const GEMVShape &shape = GetParam();
  fill();
  MachineDescription machine = describeMachine(/*channels=*/2, 1);
  KernelBuilder builder(machine, /*channel=*/1);
  builder.stream.beginPhase("weights");
  for (const auto &[key, lanes] : weights) {
    auto [tile, unit, output, burst] = key;
    uint32_t column = shape.getWeightColumn(tile, burst / 8, burst % 8, output);
    builder.write(2 * unit + burst / 8 % 2, column / columns, column % columns,
                  toBurst(lanes));
  }
  builder.stream.beginPhase("kernel");
  std::vector<Burst> bursts;
  for (const Lanes &lanes : inputs)
    bursts.push_back(toBurst(lanes));
  buildGEMV(builder, shape, bursts);
  builder.stream.beginPhase("result");
  std::vector<Burst> expected;
  for (uint32_t tile = 0; tile < shape.outputTiles; ++tile)
    for (uint32_t unit = 0; unit < 8; ++unit)
      for (uint32_t output = 0; output < 8; ++output) {
        uint32_t column = shape.getResultColumn(tile, output);
        builder.readResult(2 * unit + 1, column / columns, column % columns);
        expected.push_back(toBurst(getExpected(tile, unit, output)));
      }
  SimulationResult result = run(builder.stream, machine);
  EXPECT_EQ(result.results, expected);
  EXPECT_EQ(result.triggers,
            shape.outputTiles * (64 * uint64_t(shape.inputTiles) + 8));
  ASSERT_EQ(result.phases.size(), 3u);
  EXPECT_EQ(result.phases[1].name, "kernel");
  EXPECT_EQ(result.phases[0].cycles + result.phases[1].cycles +
                result.phases[2].cycles,
            result.cycles);
}

INSTANTIATE_TEST_SUITE_P(PIMData, GEMVTest,
                         ::testing::Values(GEMVShape{2, 1}, GEMVShape{2, 3},
                                           GEMVShape{3, 1}, GEMVShape{8, 2}));

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

uint16_t apply(Elementwise kind, uint16_t a, uint16_t b) {
  switch (kind) {
  case Elementwise::Add:
    return addHalf(a, b);
  case Elementwise::Mul:
    return multiplyHalf(a, b);
  case Elementwise::Relu:
    return a & 0x8000 ? 0 : a;
  }
  return 0;
}

/// What is not a number compares equal to any that is not.
std::vector<double> toNumbers(const Burst &burst) {
  std::vector<double> numbers;
  for (unsigned lane = 0; lane < numLanes; ++lane) {
    double number = toDouble(burst[2 * lane] | burst[2 * lane + 1] << 8);
    numbers.push_back(std::isnan(number) ? 1e9 : number);
  }
  return numbers;
}

class ElementwiseTest : public ::testing::TestWithParam<Elementwise> {};

TEST_P(ElementwiseTest, BitExact) {
  constexpr uint32_t trips = 6; // more than one row
  MachineDescription machine = describeMachine(/*channels=*/1, 1);
  KernelBuilder builder(machine);
  Random random;
  std::vector<Burst> expected;
  builder.stream.beginPhase("weights");
  for (uint32_t bank = 0; bank < 16; ++bank)
    for (uint32_t burst = 0; burst < 8 * trips; ++burst) {
      Lanes a = random.lanes(true), b = random.lanes(true), result;
      uint32_t row = burst / columns, column = burst % columns;
      builder.write(bank, row, column, toBurst(a));
      builder.write(bank, row + elementwiseRows, column, toBurst(b));
      for (unsigned lane = 0; lane < numLanes; ++lane)
        result[lane] = apply(GetParam(), a[lane], b[lane]);
      expected.push_back(toBurst(result));
    }
  builder.stream.beginPhase("kernel");
  buildElementwise(builder, GetParam(), trips);
  builder.stream.beginPhase("result");
  for (uint32_t bank = 0; bank < 16; ++bank)
    for (uint32_t burst = 0; burst < 8 * trips; ++burst)
      builder.readResult(bank, 2 * elementwiseRows + burst / columns,
                         burst % columns);
  SimulationResult result = run(builder.stream, machine);
  ASSERT_EQ(result.results.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(toNumbers(result.results[i]), toNumbers(expected[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(PIMData, ElementwiseTest,
                         ::testing::Values(Elementwise::Add, Elementwise::Mul,
                                           Elementwise::Relu));

} // namespace
