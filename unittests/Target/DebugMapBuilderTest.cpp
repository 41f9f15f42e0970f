//===- DebugMapBuilderTest.cpp - Where commands come from -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DebugMapBuilder.h"

#include "garam/Support/NodeIds.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace mlir;

namespace {

class DebugMapBuilderTest : public testing::Test {
protected:
  Location getLoc(StringRef id) { return getNodeLoc(&context, "m.onnx", id); }

  MLIRContext context;
  Builder builder{&context};
  DebugMapBuilder map;
};

TEST_F(DebugMapBuilderTest, NumbersNodesOnce) {
  EXPECT_EQ(map.addCommand(2, map.getNodes(getLoc("a"))), 0u);
  Location both = FusedLoc::get(&context, {getLoc("b"), getLoc("a")});
  EXPECT_EQ(map.addCommand(2, map.getNodes(both)), 1u);
  DebugMap result = map.take(/*lanes=*/4);
  EXPECT_EQ(result.nodes, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(result.origins.size(), 4u);
  ASSERT_EQ(result.origins[2].size(), 2u);
  EXPECT_EQ(result.origins[2][1], (llvm::SmallVector<uint32_t, 1>{1, 0}));
}

TEST_F(DebugMapBuilderTest, ValuesAreDense) {
  auto type = RankedTensorType::get({2, 3}, builder.getF32Type());
  Location loc = getNodeValueLoc(getLoc("a"), 1, type);
  DenseValue value;
  value.segment = 3;
  value.offset = 64;
  value.type = DataType::Float16;
  value.lane = 1;
  value.command = 7;
  map.addValue(loc, 6, value);
  // Of other elements, of another kind, or within a node.
  map.addValue(loc, 5, value);
  value.type = DataType::Int8;
  map.addValue(loc, 6, value);
  map.addValue(getLoc("a"), 6, value);
  DebugMap result = map.take(/*lanes=*/2);
  ASSERT_EQ(result.values.size(), 1u);
  EXPECT_EQ(result.values[0].name, "a:1");
  EXPECT_EQ(result.values[0].type.str(), "float16[2,3]");
  ASSERT_EQ(result.values[0].pieces.size(), 1u);
  const ValuePiece &piece = result.values[0].pieces[0];
  EXPECT_EQ(piece.memory, 3u);
  EXPECT_EQ(piece.offset, 64);
  EXPECT_EQ(piece.strides, (llvm::SmallVector<int64_t, 4>{6, 2}));
  EXPECT_EQ(piece.sizes, (llvm::SmallVector<int64_t, 4>{2, 3}));
  ASSERT_EQ(piece.lastWrites.size(), 1u);
  EXPECT_EQ(piece.lastWrites[0].lane, 1u);
  EXPECT_EQ(piece.lastWrites[0].command, 7u);
}

} // namespace
