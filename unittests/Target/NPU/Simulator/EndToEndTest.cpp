//===- EndToEndTest.cpp - Programs of several engines ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

// DRAM -> SRAM, matrix product, ReLU on the vector engine, SRAM -> DRAM: the
// engines hand over by semaphores.
TEST(EndToEndTest, MatrixProductThenReLU) {
  constexpr unsigned rows = 3, depth = 5, columns = 7;
  TestProgram test;
  unsigned a = test.addSegment(rows * depth * 4, SegmentRole::Input);
  unsigned b = test.addSegment(depth * columns * 4, SegmentRole::Constant);
  unsigned c = test.addSegment(rows * columns * 4, SegmentRole::Output);
  std::vector<float> av(rows * depth), bv(depth * columns);
  for (unsigned i = 0; i < av.size(); ++i)
    av[i] = int(i % 5) - 2;
  for (unsigned i = 0; i < bv.size(); ++i)
    bv[i] = int(i % 7) - 3;
  test.write(a, av);
  test.write(b, bv);

  const ElementType f32 = ElementType::F32;
  test.addDMA(copyBytes(dram(a, f32, {}), local(0, f32, {}), rows * depth * 4));
  test.addDMA(
      copyBytes(dram(b, f32, {}), local(1024, f32, {}), depth * columns * 4));
  test.order(Engine::DMA, Engine::Tensor);
  TensorCommand product;
  product.rows = {rows, 1, 1};
  product.reduction = {1, 1, depth};
  product.columns = columns;
  product.activation = local(0, f32, {depth * 4, 0, 0, 0, 0, 4});
  product.weight = local(1024, f32, {0, 0, columns * 4, 4});
  product.output = local(2048, f32, {columns * 4, 0, 0, 4});
  test.addTensor(product);
  test.order(Engine::Tensor, Engine::Vector);
  VectorCommand relu;
  relu.sizes = {rows * columns};
  relu.inputs = {local(2048, f32, {4})};
  relu.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0},
               {VectorOpcode::ConstF32, 1, 0, 0, 0, 0},
               {VectorOpcode::MaxF, 0, 0, 1, 0, 0}};
  VectorOutput output;
  output.descriptor = local(4096, f32, {4});
  relu.outputs = {output};
  test.addVector(relu);
  test.order(Engine::Vector, Engine::DMA);
  test.addDMA(
      copyBytes(local(4096, f32, {}), dram(c, f32, {}), rows * columns * 4));

  std::vector<CommandEvent> events;
  SimulationOptions options;
  options.onCommand = [&](const CommandEvent &event) {
    events.push_back(event);
  };
  SimulationResult result = test.runOrFail(options);

  std::vector<float> expected;
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned j = 0; j < columns; ++j) {
      float sum = 0;
      for (unsigned k = 0; k < depth; ++k)
        sum += av[i * depth + k] * bv[k * columns + j];
      expected.push_back(sum > 0 ? sum : 0);
    }
  EXPECT_EQ(test.read<float>(c), expected);
  EXPECT_EQ(result.macs, rows * depth * columns);
  EXPECT_EQ(result.executedCommands, 11u);
  EXPECT_EQ(std::accumulate(result.criticalPathFs.begin(),
                            result.criticalPathFs.end(), uint64_t(0)),
            result.latencyFs);
  ASSERT_EQ(events.size(), 11u);
  for (unsigned i = 1; i < events.size(); ++i)
    EXPECT_LE(events[i - 1].endFs, events[i].endFs);

  // Times alone need no memory and are the same.
  options.timingOnly = true;
  test.memory.clear();
  EXPECT_EQ(test.runOrFail(options).latencyFs, result.latencyFs);
}

} // namespace
