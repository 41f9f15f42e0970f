//===- Positions.cpp - Values that depend on where they stand -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Trilu and EyeLike compare positions with a diagonal, OneHot and Hardmax with
// an index.
//
//===----------------------------------------------------------------------===//

#include "ComputedOperands.h"
#include "Constants.h"
#include "Indexing.h"
#include "OperatorTable.h"
#include "Reductions.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

/// The position in dimension `dim` as an i64.
static Value makePosition(ImplicitLocOpBuilder &b, int64_t dim) {
  return arith::IndexCastOp::create(b, b.getI64Type(),
                                    linalg::IndexOp::create(b, dim));
}

/// How far the element is to the right of the main diagonal.
static Value makeDiagonal(ImplicitLocOpBuilder &b, int64_t rank) {
  return arith::SubIOp::create(b, makePosition(b, rank - 1),
                               makePosition(b, rank - 2));
}

static LogicalResult lowerTrilu(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  if (failed(node.checkRank(0, 2, INT32_MAX)))
    return failure();
  bool keepsUpper = node.getInt("upper", 1) != 0;
  Value diagonal = makeIndexScalar(b, 0);
  if (node.hasInput(1))
    diagonal = makeReshape(b, node.getInput(1), {});
  if (!diagonal || !getElementTypeOrSelf(diagonal).isInteger(64))
    return node.error() << "input 1 ('k') is " << node.getInputType(1)
                        << ", but one i64 is needed";
  Type type = node.getElementType();
  return node.setOutput(makePointwise(
      b, getSizes(b, node.getInput(0)), type, {node.getInput(0), diagonal},
      {b.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, b.getContext())},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        using P = arith::CmpIPredicate;
        Value isKept = arith::CmpIOp::create(b, keepsUpper ? P::sge : P::sle,
                                             makeDiagonal(b, rank), s[1]);
        return arith::SelectOp::create(b, isKept, s[0], makeScalar(b, type, 0));
      }));
}

static LogicalResult lowerEyeLike(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType outputType = node.getOutputType();
  if (failed(node.checkRank(0, 2, 2)))
    return failure();
  if (!outputType)
    return node.error() << "the element type of the output is not known";
  Type type = outputType.getElementType();
  int64_t diagonal = node.getInt("k", 0);
  return node.setOutput(makePointwise(
      b, getSizes(b, node.getInput(0)), type, {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Value isOne = arith::CmpIOp::create(
            b, arith::CmpIPredicate::eq, makeDiagonal(b, 2),
            makeScalar(b, b.getI64Type(), diagonal));
        return arith::SelectOp::create(b, isOne, makeScalar(b, type, 1),
                                       makeScalar(b, type, 0));
      }));
}

/// A number as an i64.
static Value makeInteger(ImplicitLocOpBuilder &b, Value value) {
  Type i64 = b.getI64Type();
  if (isFloat(value.getType()))
    return arith::FPToSIOp::create(b, i64, value);
  if (value.getType() == i64)
    return value;
  return arith::ExtSIOp::create(b, i64, value);
}

/// How many values a OneHot has: its operand, or what the output shows.
static std::optional<int64_t> getDepth(NodeAccessor &node, int64_t axis) {
  if (auto ints = node.getConstantInts(1); ints && ints->size() == 1)
    return ints->front();
  if (auto floats = node.getConstantFloats(1); floats && floats->size() == 1)
    return static_cast<int64_t>(floats->front());
  RankedTensorType type = node.getStaticOutputType();
  if (!type || axis >= type.getRank())
    return std::nullopt;
  return type.getDimSize(axis);
}

static LogicalResult lowerOneHot(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank() + 1;
  int64_t axis = node.getAxis("axis", -1, rank);
  if (node.hasErrors())
    return failure();
  std::optional<int64_t> depth = getDepth(node, axis);
  if (!depth || *depth < 0)
    return node.error() << "input 1 ('depth') is computed at run time, but "
                           "must be a constant that is not negative";
  if (node.getInputType(2).getShape() != ArrayRef<int64_t>{2})
    return node.error() << "input 2 ('values') is " << node.getInputType(2)
                        << ", but two elements are needed";
  Sizes sizes = getSizes(b, node.getInput(0));
  sizes.insert(sizes.begin() + axis, b.getIndexAttr(*depth));
  auto getValueMap = [&](int64_t i) {
    return AffineMap::get(rank, 0, b.getAffineConstantExpr(i));
  };
  return node.setOutput(makePointwise(
      b, sizes, node.getElementType(2),
      {node.getInput(0), node.getInput(2), node.getInput(2)},
      {getReducedMap(b.getContext(), rank, {axis}), getValueMap(0),
       getValueMap(1)},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Type i64 = b.getI64Type();
        Value index = makeInteger(b, s[0]);
        Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                                 index, makeScalar(b, i64, 0));
        Value fromEnd =
            arith::AddIOp::create(b, index, makeScalar(b, i64, *depth));
        index = arith::SelectOp::create(b, isNegative, fromEnd, index);
        Value isOn = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index,
                                           makePosition(b, axis));
        return arith::SelectOp::create(b, isOn, s[2], s[1]);
      }));
}

/// 1 at the first maximum of each row, else 0.
static LogicalResult lowerHardmax(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  int64_t axis = node.getAxis("axis", -1, rank);
  if (node.hasErrors())
    return failure();
  Value first = makeArgument(b, node.getInput(0), axis, /*wantsMaximum=*/true,
                             /*wantsLast=*/false, /*isUnsigned=*/false);
  Type type = node.getElementType();
  return node.setOutput(makePointwise(
      b, getSizes(b, node.getInput(0)), type, first,
      getReducedMap(b.getContext(), rank, {axis}),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[0],
                                              makePosition(b, axis));
        return arith::SelectOp::create(b, isFirst, makeScalar(b, type, 1),
                                       makeScalar(b, type, 0));
      }));
}

void registerPositions(OperatorTable &table) {
  table.add("EyeLike", 1, lowerEyeLike);
  table.add("Hardmax", 1, lowerHardmax);
  table.add("OneHot", 3, lowerOneHot);
  table.add("Trilu", 1, lowerTrilu);
}

} // namespace garam::onnx
