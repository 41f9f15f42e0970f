//===- TopK.cpp - TopK ----------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// k times the extremum of what is left, all rows at once: k steps over the
// data, each a reduction that vectorises, which for the few values that models
// ask for is less than sorting.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "Reductions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {
/// The rows of a TopK along one axis.
struct Rows {
  Value data;
  int64_t axis;
  bool wantsLargest, isUnsigned;

  RankedTensorType getType() const {
    return cast<RankedTensorType>(data.getType());
  }
  /// The narrower type where it has all positions: devices compute with it.
  IntegerType getPositionType(OpBuilder &b) const {
    return llvm::isInt<32>(getType().getDimSize(axis)) ? b.getI32Type()
                                                       : b.getI64Type();
  }
  AffineMap getReduced() const {
    return getReducedMap(data.getContext(), getType().getRank(), {axis});
  }
  AffineMap getIdentity() const {
    return AffineMap::getMultiDimIdentityMap(getType().getRank(),
                                             data.getContext());
  }
};
} // namespace

static Value makePosition(ImplicitLocOpBuilder &b, const Rows &rows) {
  return arith::IndexCastOp::create(b, rows.getPositionType(b),
                                    linalg::IndexOp::create(b, rows.axis));
}

/// The extremum of the elements of each row that are not taken.
static Value makeBest(ImplicitLocOpBuilder &b, const Rows &rows, Value taken) {
  Type type = rows.getType().getElementType();
  TypedAttr neutral = rows.wantsLargest ? getLowest(type, rows.isUnsigned)
                                        : getHighest(type, rows.isUnsigned);
  Value left =
      makeMapped(b, type, {taken, rows.data},
                 [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                   return arith::SelectOp::create(
                       b, s[0], arith::ConstantOp::create(b, neutral), s[1]);
                 });
  return makeReduction(b, left, {rows.axis}, neutral,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         return rows.wantsLargest
                                    ? makeMaximum(b, rows.isUnsigned, s)
                                    : makeMinimum(b, rows.isUnsigned, s);
                       });
}

/// Whether `x`, which is not taken, is the extremum `best` of its row. A NaN is
/// that of every row, which is NaN then, and equal to nothing.
static Value isBest(ImplicitLocOpBuilder &b, Value x, Value best) {
  if (!isFloat(x.getType()))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, best);
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  Value isEqual = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, best);
  return arith::OrIOp::create(b, isNaN, isEqual);
}

/// The first position in each row of what is not taken and equal to `best`.
static Value makeFirst(ImplicitLocOpBuilder &b, const Rows &rows, Value taken,
                       Value best) {
  int64_t last = rows.getType().getDimSize(rows.axis) - 1;
  IntegerType type = rows.getPositionType(b);
  Value candidates =
      makePointwise(b, getSizes(b, rows.data), type, {taken, rows.data, best},
                    {rows.getIdentity(), rows.getIdentity(), rows.getReduced()},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      Value none = makeScalar(b, type, last);
                      Value found =
                          arith::SelectOp::create(b, isBest(b, s[1], s[2]),
                                                  makePosition(b, rows), none);
                      return arith::SelectOp::create(b, s[0], none, found);
                    });
  return makeReduction(b, candidates, {rows.axis}, b.getIntegerAttr(type, last),
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         return makeMinimum(b, /*isUnsigned=*/false, s);
                       });
}

static Value makeTaken(ImplicitLocOpBuilder &b, const Rows &rows, Value taken,
                       Value first) {
  return makePointwise(b, getSizes(b, rows.data), b.getI1Type(), {taken, first},
                       {rows.getIdentity(), rows.getReduced()},
                       [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         Value isFirst =
                             arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                   makePosition(b, rows), s[1]);
                         return arith::OrIOp::create(b, s[0], isFirst);
                       });
}

/// k is constant, or what the output shows.
static FailureOr<int64_t> getCount(NodeAccessor &node, int64_t axis) {
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(1);
  RankedTensorType type = node.getStaticOutputType();
  int64_t size = node.getInputType(0).getDimSize(axis), count = -1;
  if (constant && constant->size() == 1)
    count = constant->front();
  else if (node.hasAttr("k"))
    count = node.getInt("k", 0); // opset 1
  else if (type && axis < type.getRank())
    count = type.getDimSize(axis);
  else
    return failure(failed(node.requireConstantInts(1, "k")));
  if (count < 0 || count > size)
    return node.error() << "the first " << count << " of " << size
                        << " elements cannot be taken";
  return count;
}

static LogicalResult lowerTopK(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t axis = node.getAxis("axis", -1, type.getRank());
  if (node.hasErrors() || failed(node.checkStaticDim(0, axis, "a selection")))
    return failure();
  FailureOr<int64_t> count = getCount(node, axis);
  if (failed(count))
    return failure();
  Rows rows{node.getInput(0), axis, node.getInt("largest", 1) != 0,
            node.isUnsignedInput(0)};
  Sizes sizes = getSizes(b, rows.data);
  Value taken = makeFilled(b, sizes, b.getBoolAttr(false));
  sizes[axis] = b.getIndexAttr(*count);
  Value values = tensor::EmptyOp::create(b, sizes, type.getElementType());
  Value indices = tensor::EmptyOp::create(b, sizes, rows.getPositionType(b));
  auto step = [&](ImplicitLocOpBuilder &b, Value index,
                  ValueRange states) -> SmallVector<Value> {
    Value best = makeBest(b, rows, states[2]);
    Value first = makeFirst(b, rows, states[2], best);
    Value next = makeTaken(b, rows, states[2], first);
    return {
        makeInserted(b, states[0], axis, index, makeUnsqueeze(b, best, {axis})),
        makeInserted(b, states[1], axis, index,
                     makeUnsqueeze(b, first, {axis})),
        makeStored(b, next, states[2])};
  };
  SmallVector<Value> results =
      makeLoop(b, *count, {values, indices, taken}, step);
  if (node.getNumOutputs() > 1) {
    Value positions = results[1];
    if (getElementTypeOrSelf(positions) != b.getI64Type())
      positions = makeMapped(
          b, b.getI64Type(), {positions},
          [](ImplicitLocOpBuilder &b, ValueRange s) {
            return arith::ExtSIOp::create(b, b.getI64Type(), s[0]).getResult();
          });
    if (failed(node.setOutput(1, positions)))
      return failure();
  }
  return node.setOutput(0, results[0]);
}

void registerTopK(OperatorTable &table) { table.add("TopK", 1, lowerTopK); }

} // namespace garam::onnx
