//===- Cumulation.cpp - CumSum and CumProd --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

using Combine = Value (*)(ImplicitLocOpBuilder &, Value, Value);

/// Walks along the axis with what was combined so far.
static Value makeCumulation(NodeAccessor &node, int64_t axis, double initial,
                            Combine combine) {
  ImplicitLocOpBuilder &b = node.b;
  bool isReversed = node.getInt("reverse", 0) != 0;
  bool isExclusive = node.getInt("exclusive", 0) != 0;
  RankedTensorType type = node.getInputType(0);
  Type element = type.getElementType();
  Type sumType = getAccumulatorType(element);
  Value input = node.getInput(0);
  Sizes sizes = getSizes(b, input);
  OpFoldResult count = sizes[axis];
  Value result = tensor::EmptyOp::create(b, sizes, element);
  sizes[axis] = b.getIndexAttr(1);
  Value sum = makeFilled(b, sizes, getScalarAttr(sumType, initial));
  auto narrow = [&](ImplicitLocOpBuilder &b, Value value) {
    return isFloat(element) ? castFloat(b, value, element) : value;
  };
  auto step = [&](ImplicitLocOpBuilder &b, Value index,
                  ValueRange states) -> SmallVector<Value> {
    Value position = makeStep(b, index, count, isReversed);
    Value before = states[1];
    Value part = makeElement(b, input, axis, position);
    Value after = makeMapped(b, sumType, {before, part},
                             [&](ImplicitLocOpBuilder &b, ValueRange s) {
                               Value value = s[1];
                               if (isFloat(element))
                                 value = ScalarMath(b, sumType).convert(value);
                               return combine(b, s[0], value);
                             });
    Value inserted = makeInserted(b, states[0], axis, position,
                                  narrow(b, isExclusive ? before : after));
    return {inserted, makeStored(b, after, before)};
  };
  return makeLoop(b, getValueOrCreateConstantIndexOp(b, b.getLoc(), count),
                  {result, sum}, step)
      .front();
}

/// An axis that is computed chooses between what all axes give.
static LogicalResult lowerComputedAxis(NodeAccessor &node, double initial,
                                       Combine combine) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  Value axis = makeReshape(b, node.getInput(1), {});
  if (!axis || !getElementTypeOrSelf(axis).isInteger())
    return node.error() << "input 1 ('axis') is " << node.getInputType(1)
                        << ", but one integer is needed";
  if (rank == 0)
    return node.checkRank(0, 1, INT32_MAX);
  SmallVector<Value> operands;
  for (int64_t i = 0; i < rank; ++i)
    operands.push_back(makeCumulation(node, i, initial, combine));
  operands.push_back(axis);
  SmallVector<AffineMap> maps(rank, b.getMultiDimIdentityMap(rank));
  maps.push_back(AffineMap::get(rank, 0, b.getContext()));
  Type axisType = getElementTypeOrSelf(axis);
  return node.setOutput(makePointwise(
      b, getSizes(b, node.getInput(0)), node.getElementType(), operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value chosen = s.front();
        for (int64_t i = 1; i < rank; ++i)
          for (int64_t spelling : {i, i - rank}) {
            Value isChosen =
                arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s.back(),
                                      makeScalar(b, axisType, spelling));
            chosen = arith::SelectOp::create(b, isChosen, s[i], chosen);
          }
        return chosen;
      }));
}

static LogicalResult lowerCumulation(NodeAccessor &node, double initial,
                                     Combine combine) {
  std::optional<SmallVector<int64_t>> axis = node.getConstantInts(1);
  if (!axis)
    return lowerComputedAxis(node, initial, combine);
  if (axis->size() != 1)
    return node.error() << "input 1 ('axis') is " << node.getInputType(1)
                        << ", but one integer is needed";
  int64_t normalized = node.normalizeAxis(axis->front(), node.getRank());
  if (node.hasErrors())
    return failure();
  return node.setOutput(makeCumulation(node, normalized, initial, combine));
}

static LogicalResult lowerCumSum(NodeAccessor &node) {
  return lowerCumulation(
      node, 0, [](ImplicitLocOpBuilder &b, Value sum, Value value) -> Value {
        if (isFloat(value.getType()))
          return arith::AddFOp::create(b, sum, value);
        return arith::AddIOp::create(b, sum, value);
      });
}

static LogicalResult lowerCumProd(NodeAccessor &node) {
  return lowerCumulation(
      node, 1, [](ImplicitLocOpBuilder &b, Value sum, Value value) -> Value {
        if (isFloat(value.getType()))
          return arith::MulFOp::create(b, sum, value);
        return arith::MulIOp::create(b, sum, value);
      });
}

void registerCumulation(OperatorTable &table) {
  table.add("CumProd", 2, lowerCumProd);
  table.add("CumSum", 2, lowerCumSum);
}

} // namespace garam::onnx
