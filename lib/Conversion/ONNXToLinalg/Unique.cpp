//===- Unique.cpp - Unique ------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Slices along an axis, or elements, each once. They are compared with those
// that were found before, in the order of the input; where they are to be
// sorted, the place of each is how many of the found ones are less.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Counted.h"
#include "OperatorTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

class UniqueSlices {
public:
  UniqueSlices(NodeAccessor &node)
      : node(node), b(node.b), isSorted(node.getInt("sorted", 1) != 0) {}

  LogicalResult lower();

private:
  LogicalResult readSlices();
  void find();
  Value makePlaces();
  Value makeEqual(ImplicitLocOpBuilder &b, Value first, Value second);
  Value makeLess(ImplicitLocOpBuilder &b, Value first, Value second);
  Value makeVector(int64_t value);
  Value permute(Value vector, Value places, Value end);
  Value getElement(ImplicitLocOpBuilder &b, Value slice, Value element);
  LogicalResult setOutputs();

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  bool isSorted;
  /// None when all elements are slices of their own.
  std::optional<int64_t> axis;
  /// The input as [number of slices, size of a slice].
  Value slices;
  int64_t numSlices = 0, sliceSize = 0;
  SmallVector<int64_t> permutation;
  /// By number of the unique slice, in the order of the input: its first place
  /// in the input, and how often it is there. By place in the input: the number
  /// of the unique slice. All i64.
  Value first, counts, inverse, counter;
};

} // namespace

LogicalResult UniqueSlices::readSlices() {
  if (failed(node.checkStatic(0, "a selection")))
    return failure();
  RankedTensorType type = node.getInputType(0);
  slices = node.getInput(0);
  numSlices = type.getNumElements();
  sliceSize = 1;
  if (node.hasAttr("axis")) {
    axis = node.getAxis("axis", 0, type.getRank());
    if (node.hasErrors())
      return failure();
    permutation = llvm::to_vector(llvm::seq<int64_t>(type.getRank()));
    permutation.erase(permutation.begin() + *axis);
    permutation.insert(permutation.begin(), *axis);
    slices = makeTranspose(b, slices, permutation);
    numSlices = type.getDimSize(*axis);
    sliceSize = 1;
    for (int64_t dim : ArrayRef(permutation).drop_front())
      sliceSize *= type.getDimSize(dim);
  }
  slices = makeReshape(b, slices, {numSlices, sliceSize});
  return success();
}

Value UniqueSlices::makeVector(int64_t value) {
  return makeFilled(b, getStaticSizes(b, {numSlices}),
                    b.getI64IntegerAttr(value));
}

Value UniqueSlices::getElement(ImplicitLocOpBuilder &b, Value slice,
                               Value element) {
  return tensor::ExtractOp::create(b, slices, ValueRange{slice, element});
}

static Value compare(ImplicitLocOpBuilder &b, Value first, Value second,
                     arith::CmpFPredicate ofFloats,
                     arith::CmpIPredicate ofIntegers) {
  if (isFloat(first.getType()))
    return arith::CmpFOp::create(b, ofFloats, first, second);
  return arith::CmpIOp::create(b, ofIntegers, first, second);
}

static Value readNumber(ImplicitLocOpBuilder &b, Value vector, Value position) {
  return arith::IndexCastOp::create(
      b, b.getIndexType(), tensor::ExtractOp::create(b, vector, position));
}

static Value writeNumber(ImplicitLocOpBuilder &b, Value number, Value vector,
                         Value position) {
  return tensor::InsertOp::create(
      b, arith::IndexCastOp::create(b, b.getI64Type(), number), vector,
      position);
}

Value UniqueSlices::makeEqual(ImplicitLocOpBuilder &b, Value first,
                              Value second) {
  Value yes = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  return makeLoop(b, sliceSize, yes,
                  [&](ImplicitLocOpBuilder &b, Value element,
                      ValueRange states) -> SmallVector<Value> {
                    Value isEqual = compare(b, getElement(b, first, element),
                                            getElement(b, second, element),
                                            arith::CmpFPredicate::OEQ,
                                            arith::CmpIPredicate::eq);
                    return {arith::AndIOp::create(b, states[0], isEqual)};
                  })
      .front();
}

/// Whether a slice is before another one in lexicographic order.
Value UniqueSlices::makeLess(ImplicitLocOpBuilder &b, Value first,
                             Value second) {
  auto less = node.isUnsignedInput(0) ? arith::CmpIPredicate::ult
                                      : arith::CmpIPredicate::slt;
  Value no = arith::ConstantIntOp::create(b, b.getI1Type(), 0);
  Value yes = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  // Whether it is before, and whether all up to here is equal.
  return makeLoop(b, sliceSize, {no, yes},
                  [&](ImplicitLocOpBuilder &b, Value element,
                      ValueRange states) -> SmallVector<Value> {
                    Value left = getElement(b, first, element);
                    Value right = getElement(b, second, element);
                    Value isLess = compare(b, left, right,
                                           arith::CmpFPredicate::OLT, less);
                    Value isEqual =
                        compare(b, left, right, arith::CmpFPredicate::OEQ,
                                arith::CmpIPredicate::eq);
                    isLess = arith::AndIOp::create(b, states[1], isLess);
                    return {arith::OrIOp::create(b, states[0], isLess),
                            arith::AndIOp::create(b, states[1], isEqual)};
                  })
      .front();
}

void UniqueSlices::find() {
  auto step = [&](ImplicitLocOpBuilder &b, Value slice,
                  ValueRange states) -> SmallVector<Value> {
    Value none = arith::ConstantIndexOp::create(b, numSlices);
    Value one = arith::ConstantIndexOp::create(b, 1);
    Value count = readCounter(b, states[3]);
    Value known = makeLoop(b, count, none,
                           [&](ImplicitLocOpBuilder &b, Value number,
                               ValueRange found) -> SmallVector<Value> {
                             Value other = readNumber(b, states[0], number);
                             Value isEqual = makeEqual(b, slice, other);
                             return {arith::SelectOp::create(b, isEqual, number,
                                                             found[0])};
                           })
                      .front();
    Value isNew =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, known, none);
    Value number = arith::SelectOp::create(b, isNew, count, known);
    Value old = readNumber(b, states[0], number);
    Value place = arith::SelectOp::create(b, isNew, slice, old);
    Value often =
        arith::AddIOp::create(b, readNumber(b, states[1], number), one);
    Value added = arith::IndexCastUIOp::create(b, b.getIndexType(), isNew);
    return {writeNumber(b, place, states[0], number),
            writeNumber(b, often, states[1], number),
            writeNumber(b, number, states[2], slice),
            writeCounter(b, arith::AddIOp::create(b, count, added), states[3])};
  };
  SmallVector<Value> results = makeLoop(
      b, numSlices,
      {makeVector(0), makeVector(0), makeVector(0), makeCounter(b, 0)}, step);
  first = results[0];
  counts = results[1];
  inverse = results[2];
  counter = results[3];
}

/// The place in the result of each unique slice.
Value UniqueSlices::makePlaces() {
  Value end = readCounter(b, counter);
  auto step = [&](ImplicitLocOpBuilder &b, Value number,
                  ValueRange states) -> SmallVector<Value> {
    if (!isSorted)
      return {writeNumber(b, number, states[0], number)};
    Value own = readNumber(b, first, number);
    Value before =
        makeLoop(b, end, arith::ConstantIndexOp::create(b, 0).getResult(),
                 [&](ImplicitLocOpBuilder &b, Value other,
                     ValueRange sum) -> SmallVector<Value> {
                   Value isLess = makeLess(b, readNumber(b, first, other), own);
                   Value step = arith::IndexCastUIOp::create(
                       b, b.getIndexType(), isLess);
                   return {arith::AddIOp::create(b, sum[0], step)};
                 })
            .front();
    return {writeNumber(b, before, states[0], number)};
  };
  return makeLoop(b, end, makeVector(0), step).front();
}

/// The elements of `vector` before `end`, each at its place.
Value UniqueSlices::permute(Value vector, Value places, Value end) {
  return makeLoop(b, end, makeVector(0),
                  [&](ImplicitLocOpBuilder &b, Value number,
                      ValueRange states) -> SmallVector<Value> {
                    Value element =
                        tensor::ExtractOp::create(b, vector, number);
                    return {tensor::InsertOp::create(
                        b, element, states[0], readNumber(b, places, number))};
                  })
      .front();
}

LogicalResult UniqueSlices::setOutputs() {
  Value places = makePlaces(), end = readCounter(b, counter);
  Value positions = permute(first, places, end);
  Type type = node.getElementType();
  Value result = makePointwise(
      b, getStaticSizes(b, {numSlices, sliceSize}), type, positions,
      getAxisMap(b.getContext(), /*resultRank=*/2, /*axis=*/0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value slice = arith::IndexCastOp::create(b, b.getIndexType(), s[0]);
        return getElement(b, slice, linalg::IndexOp::create(b, 1));
      });
  if (axis) {
    SmallVector<int64_t> shape, back(permutation.size());
    for (auto [i, dim] : llvm::enumerate(permutation)) {
      shape.push_back(node.getInputType(0).getDimSize(dim));
      back[dim] = i;
    }
    result = makeTranspose(b, makeReshape(b, result, shape), back);
  } else {
    result = makeReshape(b, result, {numSlices});
  }
  if (failed(setCountedOutput(node, 0, result, axis.value_or(0), counter)))
    return failure();
  if (node.isOutputUsed(1) &&
      failed(setCountedOutput(node, 1, positions, 0, counter)))
    return failure();
  if (node.isOutputUsed(2)) {
    Value numbers =
        makeMapped(b, b.getI64Type(), inverse,
                   [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                     Value number =
                         arith::IndexCastOp::create(b, b.getIndexType(), s[0]);
                     return tensor::ExtractOp::create(b, places, number);
                   });
    if (failed(node.setOutput(2, numbers)))
      return failure();
  }
  if (node.isOutputUsed(3))
    return setCountedOutput(node, 3, permute(counts, places, end), 0, counter);
  return success();
}

LogicalResult UniqueSlices::lower() {
  if (failed(readSlices()))
    return failure();
  find();
  return setOutputs();
}

static LogicalResult lowerUnique(NodeAccessor &node) {
  return UniqueSlices(node).lower();
}

void registerUnique(OperatorTable &table) {
  table.add("Unique", 1, lowerUnique);
}

} // namespace garam::onnx
