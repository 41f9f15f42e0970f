//===- CommandGraphTest.cpp - What commands must be behind ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandGraph.h"
#include "garam/InitAll.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

class CommandGraphTest : public ::testing::Test {
protected:
  CommandGraphTest() : context(makeRegistry()) {}

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  /// The graph of these commands on tiles of 4 x 4 numbers: `a`, `b` and `w` of
  /// core 0, `c` and `v` of core 1, results `o` and `p` of core 0.
  CommandGraph makeGraph(StringRef commands) {
    std::string text = R"mlir(
      #bytes = #npu.descriptor<0 : u8 strides [1]>
      #tile = #npu.descriptor<0 : f16 strides [8, 2]>
      func.func @commands() {
        npu.segment <input> "x" {size = 4096 : i64}
        npu.segment <output> "y" {size = 4096 : i64}
        %in = npu.buffer <dram> bytes 4096 {segment = 0 : i64, offset = 0 : i64}
        %out = npu.buffer <dram> bytes 4096 {segment = 1 : i64, offset = 0 : i64}
        %a = npu.buffer <local> bytes 32 {cores = array<i64: 0>, offset = 0 : i64}
        %b = npu.buffer <local> bytes 32 {cores = array<i64: 0>, offset = 64 : i64}
        %w = npu.buffer <local> bytes 32 {cores = array<i64: 0>, offset = 128 : i64}
        %o = npu.buffer <local> bytes 32 {cores = array<i64: 0>, offset = 192 : i64}
        %p = npu.buffer <local> bytes 32 {cores = array<i64: 0>, offset = 256 : i64}
        %c = npu.buffer <local> bytes 32 {cores = array<i64: 1>, offset = 0 : i64}
        %v = npu.buffer <local> bytes 32 {cores = array<i64: 1>, offset = 64 : i64}
    )mlir" + commands.str() +
                       "return\n}";
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    std::vector<Operation *> listed;
    func::FuncOp func = *module->getOps<func::FuncOp>().begin();
    for (Operation &op : func.front())
      if (isCommand(&op))
        listed.push_back(&op);
    return CommandGraph(listed, AccessTable(listed));
  }

  static unsigned findNode(const CommandGraph &graph, unsigned command) {
    for (auto [number, node] : llvm::enumerate(graph.getNodes()))
      if (node.command == command)
        return number;
    ADD_FAILURE() << "no node of command " << command;
    return 0;
  }

  /// Whether command `second` is behind `first`, perhaps over others.
  static bool isBehind(const CommandGraph &graph, unsigned second,
                       unsigned first) {
    std::vector<bool> isReached(graph.getNodes().size());
    isReached[findNode(graph, first)] = true;
    for (auto [number, node] : llvm::enumerate(graph.getNodes()))
      if (isReached[number])
        for (unsigned successor : node.successors)
          isReached[successor] = true;
    return isReached[findNode(graph, second)];
  }

  static size_t countEdges(const CommandGraph &graph) {
    size_t count = 0;
    for (const CommandGraph::Node &node : graph.getNodes())
      count += node.successors.size();
    return count;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

constexpr StringLiteral loads = R"mlir(
  npu.dma_command 0, %in to %a sizes [32] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %in to %b sizes [32] bytes 1 with [#bytes, #bytes]
  npu.dma_command 0, %in to %w sizes [32] bytes 1 with [#bytes, #bytes]
  npu.dma_command 1, %in to %c sizes [32] bytes 1 with [#bytes, #bytes]
  npu.dma_command 1, %in to %v sizes [32] bytes 1 with [#bytes, #bytes]
)mlir";
constexpr unsigned numLoads = 5;

// The second contraction adds to the sums that the first one leaves in the
// accumulators, which no buffer shows. Those of another core are others.
TEST_F(CommandGraphTest, SumsKeepTheirOrder) {
  CommandGraph graph = makeGraph((loads + R"mlir(
    npu.tensor_command 0, %a, %w rows [4] columns 4 reduction [4]
      with [#tile, #tile] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
    npu.tensor_command 1, %c, %v rows [4] columns 4 reduction [4]
      with [#tile, #tile] {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
    npu.tensor_command 0, %b, %w to %o rows [4] columns 4 reduction [4]
      with [#tile, #tile, #tile]
      {accumulate, unit_rows = array<i64: 1>, unit_columns = 1 : i64}
  )mlir")
                                     .str());
  EXPECT_TRUE(isBehind(graph, numLoads + 2, numLoads));
  EXPECT_FALSE(isBehind(graph, numLoads + 2, numLoads + 1));
  EXPECT_FALSE(isBehind(graph, numLoads + 1, numLoads));
  // In the reversed graph it is the other way round.
  EXPECT_TRUE(isBehind(graph.reverse(), numLoads, numLoads + 2));
}

// Each contraction is behind the loads of what it reads, and the store behind
// both contractions whose results it reads. Edges that follow from the order of
// contractions are left out.
TEST_F(CommandGraphTest, ReadsAreBehindWrites) {
  CommandGraph graph = makeGraph((loads + R"mlir(
    npu.tensor_command 0, %a, %w to %o rows [4] columns 4 reduction [4]
      with [#tile, #tile, #tile]
      {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
    npu.tensor_command 0, %a, %w to %p rows [4] columns 2 reduction [4]
      with [#tile, #tile, #tile]
      {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
    npu.tensor_command 0, %b, %w to %p rows [4] columns 2 reduction [4]
      with [#tile, #npu.descriptor<4 : f16 strides [8, 2]>,
            #npu.descriptor<4 : f16 strides [8, 2]>]
      {unit_rows = array<i64: 1>, unit_columns = 1 : i64}
    npu.dma_command 0, %p to %out sizes [32] bytes 1 with [#bytes, #bytes]
  )mlir")
                                     .str());
  constexpr unsigned a = 0, b = 1, w = 2, c = 3, first = numLoads,
                     second = first + 1, third = first + 2, store = first + 3;
  for (unsigned contraction : {first, second, third}) {
    EXPECT_TRUE(isBehind(graph, contraction, a));
    EXPECT_TRUE(isBehind(graph, contraction, w));
    EXPECT_FALSE(isBehind(graph, contraction, c));
  }
  EXPECT_FALSE(isBehind(graph, second, b));
  EXPECT_TRUE(isBehind(graph, third, b));
  EXPECT_TRUE(isBehind(graph, store, second));
  EXPECT_TRUE(isBehind(graph, store, third));
  // a and w to the first, the contractions in a row, b to the third, and the
  // third to the store.
  EXPECT_EQ(countEdges(graph), 6u);
}

} // namespace
