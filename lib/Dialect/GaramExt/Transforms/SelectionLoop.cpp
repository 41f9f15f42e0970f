//===- SelectionLoop.cpp - One extremum after the other -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"

#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::ext {
namespace {

/// Builds one step of a selection.
class StepBuilder {
public:
  StepBuilder(ImplicitLocOpBuilder &b, const Selection &rows)
      : b(b), rows(rows),
        sizes(tensor::getMixedSizes(b, b.getLoc(), rows.input)),
        identity(b.getMultiDimIdentityMap(sizes.size())),
        reduced(identity.dropResult(rows.axis)) {}

  Value makeBest(Value taken);
  Value makeFirst(Value taken, Value best);
  Value makeTaken(Value taken, Value first);
  Value makeInserted(Value tensor, Value step, Value row);

private:
  Value makeReduction(Value input, TypedAttr neutral, ScalarBody body);

  ImplicitLocOpBuilder &b;
  const Selection &rows;
  SmallVector<OpFoldResult> sizes;
  AffineMap identity, reduced;
};

} // namespace

/// What is neither greater than anything, where the greatest are wanted, nor
/// less else.
static TypedAttr getNeutral(const Selection &rows) {
  Type type = rows.getType().getElementType();
  bool isLeast = rows.wantsLargest;
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(
        type, APFloat::getInf(floatType.getFloatSemantics(), isLeast));
  unsigned bits = type.getIntOrFloatBitWidth();
  APInt value = rows.isUnsigned ? (isLeast ? APInt::getMinValue(bits)
                                           : APInt::getMaxValue(bits))
                                : (isLeast ? APInt::getSignedMinValue(bits)
                                           : APInt::getSignedMaxValue(bits));
  return IntegerAttr::get(type, value);
}

static Value makeExtremum(ImplicitLocOpBuilder &b, const Selection &rows,
                          Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return rows.wantsLargest ? arith::MaximumFOp::create(b, x, y).getResult()
                             : arith::MinimumFOp::create(b, x, y).getResult();
  if (rows.isUnsigned)
    return rows.wantsLargest ? arith::MaxUIOp::create(b, x, y).getResult()
                             : arith::MinUIOp::create(b, x, y).getResult();
  return rows.wantsLargest ? arith::MaxSIOp::create(b, x, y).getResult()
                           : arith::MinSIOp::create(b, x, y).getResult();
}

/// Whether `x`, which is not taken, is the extremum `best` of its row. A NaN is
/// that of every row, which is NaN then, and equal to nothing.
static Value isBest(ImplicitLocOpBuilder &b, Value x, Value best) {
  if (!isa<FloatType>(x.getType()))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, best);
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  Value isEqual = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, best);
  return arith::OrIOp::create(b, isNaN, isEqual);
}

static Value makePosition(ImplicitLocOpBuilder &b, int64_t dim) {
  return arith::IndexCastOp::create(b, b.getI32Type(),
                                    linalg::IndexOp::create(b, dim));
}

Value StepBuilder::makeReduction(Value input, TypedAttr neutral,
                                 ScalarBody body) {
  SmallVector<OpFoldResult> rowSizes(sizes);
  rowSizes.erase(rowSizes.begin() + rows.axis);
  return makeGeneric(b, input, makeFilled(b, rowSizes, neutral),
                     {identity, reduced}, body);
}

/// The extremum of the elements of each row that are not taken.
Value StepBuilder::makeBest(Value taken) {
  TypedAttr neutral = getNeutral(rows);
  Value left = makePointwise(
      b, sizes, rows.getType().getElementType(), {taken, rows.input},
      {identity, identity}, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return arith::SelectOp::create(
            b, s[0], arith::ConstantOp::create(b, neutral), s[1]);
      });
  return makeReduction(left, neutral,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         return makeExtremum(b, rows, s[0], s[1]);
                       });
}

/// The first position in each row of what is not taken and equal to `best`.
Value StepBuilder::makeFirst(Value taken, Value best) {
  TypedAttr last =
      b.getI32IntegerAttr(rows.getType().getDimSize(rows.axis) - 1);
  Value candidates = makePointwise(
      b, sizes, b.getI32Type(), {taken, rows.input, best},
      {identity, identity, reduced},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        Value none = arith::ConstantOp::create(b, last);
        Value found = arith::SelectOp::create(b, isBest(b, s[1], s[2]),
                                              makePosition(b, rows.axis), none);
        return arith::SelectOp::create(b, s[0], none, found);
      });
  return makeReduction(candidates, last,
                       [](ImplicitLocOpBuilder &b, ValueRange s) {
                         return arith::MinSIOp::create(b, s[0], s[1]);
                       });
}

Value StepBuilder::makeTaken(Value taken, Value first) {
  return makePointwise(
      b, sizes, b.getI1Type(), {taken, first}, {identity, reduced},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                              makePosition(b, rows.axis), s[1]);
        return arith::OrIOp::create(b, s[0], isFirst);
      });
}

/// `tensor` with `row`, which lacks the axis, at position `step` of it.
Value StepBuilder::makeInserted(Value tensor, Value step, Value row) {
  auto type = cast<RankedTensorType>(row.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin() + rows.axis, 1);
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    groups.push_back({dim < rows.axis ? dim : dim + 1});
  // The new dimension is one of its neighbour's.
  if (!groups.empty() && rows.axis == 0)
    groups.front().insert(groups.front().begin(), 0);
  else if (!groups.empty())
    groups[rows.axis - 1].push_back(rows.axis);
  Value expanded =
      tensor::ExpandShapeOp::create(b, type.clone(shape), row, groups);
  SmallVector<OpFoldResult> offsets(shape.size(), b.getIndexAttr(0)),
      strides(shape.size(), b.getIndexAttr(1)), partSizes(sizes);
  offsets[rows.axis] = step;
  partSizes[rows.axis] = b.getIndexAttr(1);
  return tensor::InsertSliceOp::create(b, expanded, tensor, offsets, partSizes,
                                       strides);
}

Selected selectByLoop(ImplicitLocOpBuilder &b, const Selection &rows) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), rows.input);
  Value taken = makeFilled(b, sizes, b.getBoolAttr(false));
  sizes[rows.axis] = b.getIndexAttr(rows.count);
  Value values =
      tensor::EmptyOp::create(b, sizes, rows.getType().getElementType());
  Value positions = tensor::EmptyOp::create(b, sizes, b.getI32Type());
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value count = arith::ConstantIndexOp::create(b, rows.count);
  auto build = [&](OpBuilder &nested, Location loc, Value step,
                   ValueRange states) {
    ImplicitLocOpBuilder inner(loc, nested);
    StepBuilder builder(inner, rows);
    Value best = builder.makeBest(states[2]);
    Value first = builder.makeFirst(states[2], best);
    Value next = builder.makeTaken(states[2], first);
    // In place, but of a single step nobody reads what is stored.
    if (rows.count > 1)
      next = bufferization::MaterializeInDestinationOp::create(
                 inner, states[2].getType(), next, states[2])
                 .getResult();
    scf::YieldOp::create(inner,
                         {builder.makeInserted(states[0], step, best),
                          builder.makeInserted(states[1], step, first), next});
  };
  auto loop = scf::ForOp::create(b, zero, count, one,
                                 ValueRange{values, positions, taken}, build);
  return {loop.getResult(0), loop.getResult(1)};
}

} // namespace garam::ext
