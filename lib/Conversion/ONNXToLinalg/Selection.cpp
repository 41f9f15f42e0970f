//===- Selection.cpp - Compress and NonZero -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How many elements are chosen shows only at run time, unless the shape that
// the model declares of the output says it before.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Counted.h"
#include "OperatorTable.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// The positions of the first `count` elements of a vector that are not 0, 0
/// where there are fewer, and the counter of them.
static std::pair<Value, Value> makePositions(ImplicitLocOpBuilder &b,
                                             Value vector, OpFoldResult count) {
  Type type = getElementTypeOrSelf(vector), i64 = b.getI64Type();
  // One place more takes what comes behind the last that is chosen.
  OpFoldResult room = affine::makeComposedFoldedAffineApply(
      b, b.getLoc(), b.getAffineSymbolExpr(0) + 1, count);
  Value found = makeFilled(b, room, b.getI64IntegerAttr(0));
  Value most = arith::IndexCastOp::create(
      b, i64, getValueOrCreateConstantIndexOp(b, b.getLoc(), count));
  Value next = makeFilled(b, {}, b.getI64IntegerAttr(0));
  // An element is written to the next place, which moves on when the element is
  // chosen, and is overwritten else.
  auto step = [&](ImplicitLocOpBuilder &b, Value index,
                  ValueRange states) -> SmallVector<Value> {
    Value element = tensor::ExtractOp::create(b, vector, index);
    Value zero = makeScalar(b, type, 0);
    Value isChosen =
        isFloat(type)
            ? arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, element, zero)
                  .getResult()
            : arith::CmpIOp::create(b, arith::CmpIPredicate::ne, element, zero)
                  .getResult();
    Value position = arith::IndexCastOp::create(b, i64, index);
    Value kept =
        arith::SelectOp::create(b, isChosen, position, makeScalar(b, i64, 0));
    Value place = tensor::ExtractOp::create(b, states[1]);
    Value written = tensor::InsertOp::create(
        b, kept, states[0],
        arith::IndexCastOp::create(b, b.getIndexType(), place).getResult());
    Value moved = arith::AddIOp::create(
        b, place, arith::ExtUIOp::create(b, i64, isChosen));
    moved = arith::MinUIOp::create(b, moved, most);
    return {written,
            tensor::InsertOp::create(b, moved, states[1], ValueRange())};
  };
  Value size =
      getValueOrCreateConstantIndexOp(b, b.getLoc(), getSizes(b, vector)[0]);
  SmallVector<Value> results = makeLoop(b, size, {found, next}, step);
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  Value positions =
      getConstantIntValue(count) == 0
          ? tensor::EmptyOp::create(b, count, i64).getResult()
          : tensor::ExtractSliceOp::create(b, results[0], zero, count, one)
                .getResult();
  return {positions, results[1]};
}

/// The elements in one dimension.
static Value flatten(ImplicitLocOpBuilder &b, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.hasStaticShape())
    return makeReshape(b, value, {type.getNumElements()});
  if (type.getRank() == 1)
    return value;
  SmallVector<ReassociationIndices> all{
      llvm::to_vector<2>(llvm::seq<int64_t>(type.getRank()))};
  return tensor::CollapseShapeOp::create(b, value, all);
}

static LogicalResult lowerCompress(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  Value data = node.getInput(0);
  if (failed(node.checkRank(1, 1, 1)) ||
      failed(node.checkBounded(1, "a selection")))
    return failure();
  int64_t axis = 0;
  if (node.hasAttr("axis")) {
    axis = node.getAxis("axis", 0, node.getRank());
  } else {
    if (failed(node.checkBounded(0, "a selection")))
      return failure();
    data = flatten(b, data);
  }
  if (node.hasErrors())
    return failure();
  if (!node.getElementType(1).isInteger())
    return node.error() << "input 1 ('condition') is " << node.getInputType(1)
                        << ", but booleans are needed";
  int64_t size = cast<RankedTensorType>(data.getType()).getDimSize(axis);
  if (!ShapedType::isDynamic(size) && node.getInputType(1).getDimSize(0) > size)
    return node.error() << "input 1 ('condition') is " << node.getInputType(1)
                        << ", but there are " << size << " elements to choose";

  std::optional<SmallVector<int64_t>> condition = node.getConstantInts(1);
  if (condition) {
    SmallVector<int64_t> positions;
    for (auto [i, isChosen] : llvm::enumerate(*condition))
      if (isChosen)
        positions.push_back(i);
    return node.setOutput(
        ext::GatherOp::create(b, data, makeIndexVector(b, positions), axis));
  }
  OpFoldResult room =
      getRoom(node, 0, axis, getSizes(b, node.getInput(1)).front());
  auto [positions, counter] = makePositions(b, node.getInput(1), room);
  return setCountedOutput(
      node, 0, ext::GatherOp::create(b, data, positions, axis), axis, counter);
}

/// Sizes as an i64 vector.
static Value makeSizeVector(ImplicitLocOpBuilder &b,
                            ArrayRef<OpFoldResult> sizes) {
  if (std::optional<SmallVector<int64_t>> constant =
          getConstantIntValues(sizes))
    return makeIndexVector(b, *constant);
  SmallVector<Value> elements;
  for (OpFoldResult size : sizes)
    elements.push_back(arith::IndexCastOp::create(
        b, b.getI64Type(),
        getValueOrCreateConstantIndexOp(b, b.getLoc(), size)));
  return tensor::FromElementsOp::create(b, elements);
}

/// The coordinates of the elements that are not 0: [rank, count].
static LogicalResult lowerNonZero(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  if (failed(node.checkRank(0, 1, INT32_MAX)) ||
      failed(node.checkBounded(0, "a selection")))
    return failure();
  Value flat = flatten(b, node.getInput(0));
  OpFoldResult room = getRoom(node, 0, 1, getSizes(b, flat).front());
  auto [positions, counter] = makePositions(b, flat, room);
  Value sizes = makeSizeVector(b, getSizes(b, node.getInput(0)));
  SmallVector<OpFoldResult> steps(type.getRank(), b.getIndexAttr(1));
  for (int64_t dim = type.getRank() - 1; dim > 0; --dim)
    steps[dim - 1] = affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), b.getAffineSymbolExpr(0) * b.getAffineSymbolExpr(1),
        {steps[dim], getSizes(b, node.getInput(0))[dim]});
  AffineMap byDim = getAxisMap(b.getContext(), 2, 0);
  Value coordinates =
      makePointwise(b, {b.getIndexAttr(type.getRank()), room}, b.getI64Type(),
                    {positions, makeSizeVector(b, steps), sizes},
                    {getAxisMap(b.getContext(), 2, 1), byDim, byDim},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      Value steps = arith::DivUIOp::create(b, s[0], s[1]);
                      return arith::RemUIOp::create(b, steps, s[2]);
                    });
  return setCountedOutput(node, 0, coordinates, 1, counter);
}

void registerSelection(OperatorTable &table) {
  table.add("Compress", 2, lowerCompress);
  table.add("NonZero", 1, lowerNonZero);
}

} // namespace garam::onnx
