//===- NonMaxSuppression.cpp - NonMaxSuppression --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// For each class the best of the boxes that are left is taken, and what
// overlaps it leaves with it, until nothing is left or enough is taken. Source:
// ONNX's specification of NonMaxSuppression-11.
//
//===----------------------------------------------------------------------===//

#include "Counted.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

class Suppression {
public:
  Suppression(NodeAccessor &node) : node(node), b(node.b) {}

  LogicalResult lower();

private:
  LogicalResult check();
  void readLimits();
  SmallVector<Value> makeClass(ImplicitLocOpBuilder &b, Value batch, Value kind,
                               ValueRange states);
  Value makeCandidates(ImplicitLocOpBuilder &b, Value batch, Value kind,
                       Value left);
  Value makeBest(ImplicitLocOpBuilder &b, Value batch, Value kind, Value left,
                 Value end);
  Value makeRest(ImplicitLocOpBuilder &b, Value batch, Value left, Value best,
                 Value end);
  SmallVector<Value, 4> getEdges(ScalarMath &m, Value batch, Value box);
  Value makeOverlaps(ImplicitLocOpBuilder &b, ArrayRef<Value> first,
                     ArrayRef<Value> second);
  Value getElement(unsigned input, double missing);

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  int64_t numBatches = 0, numClasses = 0, numBoxes = 0;
  /// How many boxes a class takes at most, where that is known before.
  int64_t mostOfClass = 0;
  /// How many rows the result has room for.
  int64_t room = 0;
  Value limit, overlap, threshold;
};

} // namespace

LogicalResult Suppression::check() {
  if (failed(node.checkRank(0, 3, 3)) || failed(node.checkRank(1, 3, 3)) ||
      failed(node.checkFloat(0)) || failed(node.checkFloat(1)) ||
      failed(node.checkStatic(0, "suppression")) ||
      failed(node.checkStatic(1, "suppression")))
    return failure();
  ArrayRef<int64_t> boxes = node.getInputType(0).getShape();
  ArrayRef<int64_t> scores = node.getInputType(1).getShape();
  if (boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2] ||
      node.getElementType(0) != node.getElementType(1))
    return node.error() << "boxes " << node.getInputType(0)
                        << " do not fit scores " << node.getInputType(1);
  for (unsigned input : {2, 3, 4}) {
    if (!node.hasInput(input))
      continue;
    RankedTensorType type = node.getInputType(input);
    bool fits = type.hasStaticShape() && type.getNumElements() == 1 &&
                type.getElementType().isInteger() == (input == 2);
    if (!fits)
      return node.error() << "input " << input << " is " << type << ", but one "
                          << (input == 2 ? "integer" : "float") << " is needed";
  }
  numBatches = boxes[0];
  numClasses = scores[1];
  numBoxes = boxes[1];
  return success();
}

/// The only element of an input, or a constant where it is left out.
Value Suppression::getElement(unsigned input, double missing) {
  if (!node.hasInput(input)) {
    Type type = input == 2 ? Type(b.getI64Type()) : node.getElementType(0);
    return makeScalar(b, type, missing);
  }
  return tensor::ExtractOp::create(b, makeReshape(b, node.getInput(input), {}));
}

void Suppression::readLimits() {
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(2);
  mostOfClass = numBoxes;
  if (!node.hasInput(2))
    mostOfClass = 0;
  else if (constant)
    mostOfClass = std::clamp<int64_t>(constant->front(), 0, numBoxes);
  room = *getConstantIntValue(getRoom(
      node, 0, 0, b.getIndexAttr(numBatches * numClasses * mostOfClass)));
  Value given = getElement(2, 0);
  if (given.getType() != b.getI64Type())
    given = arith::ExtSIOp::create(b, b.getI64Type(), given);
  limit = arith::IndexCastOp::create(b, b.getIndexType(), given);
  overlap = getElement(3, 0);
  if (node.hasInput(4))
    threshold = getElement(4, 0);
}

/// Low and high end of a box in both directions, widened.
SmallVector<Value, 4> Suppression::getEdges(ScalarMath &m, Value batch,
                                            Value box) {
  ImplicitLocOpBuilder &b = m.builder();
  SmallVector<Value, 4> numbers;
  for (int64_t i = 0; i < 4; ++i) {
    Value column = arith::ConstantIndexOp::create(b, i);
    numbers.push_back(m.convert(tensor::ExtractOp::create(
        b, node.getInput(0), ValueRange{batch, box, column})));
  }
  bool hasCenters = node.getInt("center_point_box", 0) != 0;
  SmallVector<Value, 4> edges;
  for (int axis : {0, 1}) {
    Value first = numbers[axis], second = numbers[axis + 2];
    if (hasCenters) {
      Value half = m.mul(second, 0.5);
      edges.append({m.sub(first, half), m.add(first, half)});
    } else {
      edges.append({m.min(first, second), m.max(first, second)});
    }
  }
  return edges;
}

/// Whether what two boxes share is more than `overlap` of what they cover.
Value Suppression::makeOverlaps(ImplicitLocOpBuilder &b, ArrayRef<Value> first,
                                ArrayRef<Value> second) {
  ScalarMath m(b, first[0].getType());
  auto getArea = [&](ArrayRef<Value> box) {
    return m.mul(m.sub(box[1], box[0]), m.sub(box[3], box[2]));
  };
  SmallVector<Value, 4> shared;
  for (int axis : {0, 2})
    shared.push_back(m.max(m.sub(m.min(first[axis + 1], second[axis + 1]),
                                 m.max(first[axis], second[axis])),
                           0));
  Value common = m.mul(shared[0], shared[1]);
  Value firstArea = getArea(first), secondArea = getArea(second);
  Value covered = m.sub(m.add(firstArea, secondArea), common);
  auto isAbove = [&](Value x, Value y) {
    return m.compare(arith::CmpFPredicate::OGT, x, y);
  };
  // Boxes without an area overlap nothing.
  Value zero = m.constant(0);
  Value result = isAbove(m.div(common, covered), m.convert(overlap));
  result = arith::AndIOp::create(b, result, isAbove(firstArea, zero));
  return arith::AndIOp::create(b, result, isAbove(secondArea, zero));
}

/// Which boxes of a class may be taken: those above the threshold.
Value Suppression::makeCandidates(ImplicitLocOpBuilder &b, Value batch,
                                  Value kind, Value left) {
  return makeLoop(
             b, numBoxes, left,
             [&](ImplicitLocOpBuilder &b, Value box,
                 ValueRange states) -> SmallVector<Value> {
               Value isLeft = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
               if (threshold) {
                 Value score = tensor::ExtractOp::create(
                     b, node.getInput(1), ValueRange{batch, kind, box});
                 isLeft =
                     ScalarMath(b, score.getType())
                         .compare(arith::CmpFPredicate::OGT, score, threshold);
               }
               return {tensor::InsertOp::create(b, isLeft, states[0], box)};
             })
      .front();
}

/// The first of those with the greatest score among the boxes before `end` that
/// are left; as many as there are boxes when there is none.
Value Suppression::makeBest(ImplicitLocOpBuilder &b, Value batch, Value kind,
                            Value left, Value end) {
  Type type = node.getElementType(1);
  Value none = arith::ConstantIndexOp::create(b, numBoxes);
  return makeLoop(b, end, {none, makeScalar(b, type, 0)},
                  [&](ImplicitLocOpBuilder &b, Value box,
                      ValueRange states) -> SmallVector<Value> {
                    Value score = tensor::ExtractOp::create(
                        b, node.getInput(1), ValueRange{batch, kind, box});
                    Value isLeft = tensor::ExtractOp::create(b, left, box);
                    Value isFirst = arith::CmpIOp::create(
                        b, arith::CmpIPredicate::eq, states[0], none);
                    Value isBetter = arith::CmpFOp::create(
                        b, arith::CmpFPredicate::OGT, score, states[1]);
                    Value isBest = arith::AndIOp::create(
                        b, isLeft, arith::OrIOp::create(b, isFirst, isBetter));
                    return {
                        arith::SelectOp::create(b, isBest, box, states[0]),
                        arith::SelectOp::create(b, isBest, score, states[1])};
                  })
      .front();
}

/// What is left of the boxes before `end` without `best` and what overlaps it.
Value Suppression::makeRest(ImplicitLocOpBuilder &b, Value batch, Value left,
                            Value best, Value end) {
  Type type = getAccumulatorType(node.getElementType(0));
  return makeLoop(
             b, end, left,
             [&](ImplicitLocOpBuilder &b, Value box,
                 ValueRange states) -> SmallVector<Value> {
               ScalarMath m(b, type);
               Value isGone = makeOverlaps(b, getEdges(m, batch, best),
                                           getEdges(m, batch, box));
               Value isBest = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                    box, best);
               isGone = arith::OrIOp::create(b, isGone, isBest);
               Value wasLeft = tensor::ExtractOp::create(b, states[0], box);
               Value no = arith::ConstantIntOp::create(b, b.getI1Type(), 0);
               Value isLeft = arith::SelectOp::create(b, isGone, no, wasLeft);
               return {tensor::InsertOp::create(b, isLeft, states[0], box)};
             })
      .front();
}

/// States are the rows, the number of them, and which boxes are left; behind
/// them, whether the step before found a box.
SmallVector<Value> Suppression::makeClass(ImplicitLocOpBuilder &b, Value batch,
                                          Value kind, ValueRange initial) {
  Value candidates = makeCandidates(b, batch, kind, initial[2]);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value all = arith::ConstantIndexOp::create(b, numBoxes);
  auto step = [&](ImplicitLocOpBuilder &b, Value number,
                  ValueRange states) -> SmallVector<Value> {
    // Steps behind the last are steps of empty loops.
    Value isOpen =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, limit);
    Value goesOn = arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                                         readCounter(b, states[3]), zero);
    isOpen = arith::AndIOp::create(b, isOpen, goesOn);
    Value end = arith::SelectOp::create(b, isOpen, all, zero);
    Value best = makeBest(b, batch, kind, states[2], end);
    Value isFound =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, best, all);
    // The row behind the last takes what does not count.
    Value count = readCounter(b, states[1]);
    Value rows = states[0];
    for (auto [column, value] :
         llvm::enumerate(ArrayRef<Value>{batch, kind, best})) {
      Value number = arith::IndexCastOp::create(b, b.getI64Type(), value);
      Value place = arith::ConstantIndexOp::create(b, column);
      rows =
          tensor::InsertOp::create(b, number, rows, ValueRange{count, place});
    }
    Value found = arith::IndexCastUIOp::create(b, b.getIndexType(), isFound);
    Value next = arith::AddIOp::create(b, count, found);
    next = arith::MinUIOp::create(b, next,
                                  arith::ConstantIndexOp::create(b, room));
    Value foundEnd = arith::SelectOp::create(b, isFound, all, zero);
    return {rows, writeCounter(b, next, states[1]),
            makeRest(b, batch, states[2], best, foundEnd),
            writeCounter(b, found, states[3])};
  };
  SmallVector<Value> results =
      makeLoop(b, mostOfClass,
               {initial[0], initial[1], candidates, makeCounter(b, 1)}, step);
  results.pop_back();
  return results;
}

LogicalResult Suppression::lower() {
  if (failed(check()))
    return failure();
  readLimits();
  Value rows =
      makeFilled(b, getStaticSizes(b, {room + 1, 3}), b.getI64IntegerAttr(0));
  Value left =
      makeFilled(b, getStaticSizes(b, {numBoxes}), b.getBoolAttr(false));
  SmallVector<Value> states =
      makeLoop(b, numBatches, {rows, makeCounter(b, 0), left},
               [&](ImplicitLocOpBuilder &b, Value batch, ValueRange states) {
                 return makeLoop(b, numClasses, states,
                                 [&](ImplicitLocOpBuilder &b, Value kind,
                                     ValueRange states) {
                                   return makeClass(b, batch, kind, states);
                                 });
               });
  return setCountedOutput(node, 0, makeSlice(b, states[0], 0, 0, room), 0,
                          states[1]);
}

static LogicalResult lowerNonMaxSuppression(NodeAccessor &node) {
  return Suppression(node).lower();
}

void registerNonMaxSuppression(OperatorTable &table) {
  table.add("NonMaxSuppression", 2, lowerNonMaxSuppression);
}

} // namespace garam::onnx
