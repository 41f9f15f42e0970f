//===- TilingTest.cpp - Tests of the tiling of garam_ext operations -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Tiles that follow from those of operands, for which the transform dialect
// has no operation; test/Dialect/GaramExt/tile.mlir tests the others.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {

class TilingTest : public ::testing::Test {
protected:
  TilingTest() {
    context.loadDialect<func::FuncDialect, garam::ext::GaramExtDialect>();
  }

  /// The operation that the function of `source` returns the result of.
  TilingInterface parse(StringRef source) {
    module = parseSourceString<ModuleOp>(source, &context);
    auto function = *module->getOps<func::FuncOp>().begin();
    Operation *end = function.getBody().front().getTerminator();
    return cast<TilingInterface>(end->getOperand(0).getDefiningOp());
  }

  /// The type of the tile of the result that a tile of an operand makes, null
  /// when there is none.
  Type tile(TilingInterface op, unsigned operand, ArrayRef<int64_t> offsets,
            ArrayRef<int64_t> sizes) {
    OpBuilder b(op);
    FailureOr<TilingResult> result = op.getTiledImplementationFromOperandTiles(
        b, {operand}, {getAsIndexOpFoldResult(&context, offsets)},
        {getAsIndexOpFoldResult(&context, sizes)});
    EXPECT_TRUE(succeeded(verify(*module)));
    return succeeded(result) ? result->tiledValues.front().getType() : Type();
  }

  Type makeType(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, Float32Type::get(&context));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(TilingTest, DequantizeFollowsItsInput) {
  TilingInterface op = parse(R"mlir(
    func.func @f(%x: tensor<8x6xi8>, %s: tensor<6xf32>) -> tensor<8x6xf32> {
      %0 = garam_ext.dequantize %x scale %s
          : tensor<8x6xi8>, tensor<6xf32> -> tensor<8x6xf32>
      return %0 : tensor<8x6xf32>
    })mlir");
  EXPECT_EQ(tile(op, 0, {4, 3}, {4, 2}), makeType({4, 2}));
  // A tile of the scales alone says nothing of the rows.
  EXPECT_FALSE(tile(op, 1, {0}, {2}));
}

TEST_F(TilingTest, GatherFollowsItsIndices) {
  TilingInterface op = parse(R"mlir(
    func.func @f(%x: tensor<9x5x7xf32>, %i: tensor<2x3xi64>)
        -> tensor<9x2x3x7xf32> {
      %0 = garam_ext.gather %x[%i] axis 1
          : tensor<9x5x7xf32>, tensor<2x3xi64> -> tensor<9x2x3x7xf32>
      return %0 : tensor<9x2x3x7xf32>
    })mlir");
  EXPECT_EQ(tile(op, 1, {1, 0}, {1, 2}), makeType({9, 1, 2, 7}));
}

TEST_F(TilingTest, GatherFollowsAnInputWithAllRows) {
  TilingInterface op = parse(R"mlir(
    func.func @f(%x: tensor<9x5x7xf32>, %i: tensor<2x3xi64>)
        -> tensor<9x2x3x7xf32> {
      %0 = garam_ext.gather %x[%i] axis 1
          : tensor<9x5x7xf32>, tensor<2x3xi64> -> tensor<9x2x3x7xf32>
      return %0 : tensor<9x2x3x7xf32>
    })mlir");
  EXPECT_EQ(tile(op, 0, {3, 0, 4}, {6, 5, 3}), makeType({6, 2, 3, 3}));
  EXPECT_FALSE(tile(op, 0, {0, 0, 0}, {9, 4, 7}));
}

TEST_F(TilingTest, DynamicResultOfAStaticInputHasValuesAsSizes) {
  TilingInterface op = parse(R"mlir(
    func.func @f(%x: tensor<8xi8>, %s: tensor<f32>) -> tensor<?xf32> {
      %0 = garam_ext.dequantize %x scale %s
          : tensor<8xi8>, tensor<f32> -> tensor<?xf32>
      return %0 : tensor<?xf32>
    })mlir");
  OpBuilder b(op);
  ReifiedRankedShapedTypeDims shapes;
  ASSERT_TRUE(succeeded(reifyResultShapes(b, op, shapes)));
  EXPECT_TRUE(isa<Value>(shapes[0][0]));
  EXPECT_EQ(getConstantIntValue(shapes[0][0]), 8);
}

} // namespace
