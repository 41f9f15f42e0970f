//===- SelectionSort.cpp - Rows sorted by merging -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "SelectionOrder.h"

#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::ext {

/// Elements of a row that are sorted at once: all of them, or candidates.
static int64_t getCapacity(const Selection &rows) {
  // Sorts of more candidates are as much fewer.
  constexpr int64_t candidatesPerPlace = 4;
  return std::min(rows.getType().getDimSize(rows.axis),
                  candidatesPerPlace * rows.count);
}

/// Passes that sort so many.
static int64_t countPasses(const Selection &rows) {
  return llvm::Log2_64_Ceil(getCapacity(rows));
}

namespace {

/// Builds the loops that sort one row after the other. Two halves of a pair of
/// buffers hold the row's elements and their positions; each pass merges the
/// sorted runs of one half into runs of twice the length in the other.
///
/// Where few of a row are wanted, the buffers hold candidates: what comes after
/// the last of those that were first when the buffers were sorted is none.
/// Whenever there is no room for a chunk of the row, of as many elements as are
/// wanted, they are sorted, and only that many stay.
class SortBuilder {
public:
  SortBuilder(ImplicitLocOpBuilder &b, const Selection &rows)
      : b(b), rows(rows), size(rows.getType().getDimSize(rows.axis)),
        capacity(getCapacity(rows)), numPasses(countPasses(rows)) {
    // What is sorted is where the next candidates come to.
    if (isFiltered())
      numPasses = llvm::alignTo(numPasses, 2);
  }

  Selected sort();

private:
  /// Builds the body of a loop of its number and the tensors that it changes.
  using Body =
      llvm::function_ref<SmallVector<Value>(Value number, ValueRange states)>;

  Value makeIndex(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value toIndex(Value value) {
    return arith::IndexCastOp::create(b, b.getIndexType(), value);
  }
  Value makeMin(Value x, Value y) { return arith::MinUIOp::create(b, x, y); }
  SmallVector<Value> makeLoop(Value count, ValueRange states, Body body);
  SmallVector<Value> makeRowLoops(ArrayRef<OpFoldResult> sizes,
                                  SmallVector<Value> &place, ValueRange states);
  SmallVector<Value> sortRow(ArrayRef<Value> place, ValueRange states);
  bool isFiltered() const { return capacity < size; }
  SmallVector<Value> getPlace(ArrayRef<Value> row, Value number) const;
  SmallVector<Value> fill(ArrayRef<Value> row, ValueRange buffers);
  SmallVector<Value> addChunk(ArrayRef<Value> row, Value chunk,
                              ValueRange states);
  SmallVector<Value> addCandidate(ArrayRef<Value> row, Value number,
                                  Value threshold, Value hasThreshold,
                                  ValueRange states);
  SmallVector<Value> makeRoom(ValueRange states);
  SmallVector<Value> sortBuffers(Value used, ValueRange buffers);
  SmallVector<Value> makePass(Value pass, Value used, ValueRange buffers);
  SmallVector<Value> makeStep(Value place, Value width, Value source, Value end,
                              ValueRange states);
  Value isRightNext(Value left, Value right, Value source, ValueRange buffers);

  ImplicitLocOpBuilder &b;
  const Selection &rows;
  int64_t size, capacity, numPasses;
};

} // namespace

SmallVector<Value> SortBuilder::makeLoop(Value count, ValueRange states,
                                         Body body) {
  auto loop = scf::ForOp::create(
      b, makeIndex(0), count, makeIndex(1), states,
      [&](OpBuilder &nested, Location loc, Value number, ValueRange inner) {
        OpBuilder::InsertionGuard guard(b);
        b.restoreInsertionPoint(nested.saveInsertionPoint());
        scf::YieldOp::create(b, body(number, inner));
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

/// Whether the element at `right` comes before that at `left`, which stands
/// before it in the row.
Value SortBuilder::isRightNext(Value left, Value right, Value source,
                               ValueRange buffers) {
  Value a = tensor::ExtractOp::create(b, buffers[0], {source, left});
  Value c = tensor::ExtractOp::create(b, buffers[0], {source, right});
  return isBefore(b, rows, c, a,
                  arith::ConstantOp::create(b, b.getBoolAttr(false)));
}

/// Merges one more element to `place` of what ends at `end`. The states are
/// both buffers, and how far the two runs that are merged are read.
SmallVector<Value> SortBuilder::makeStep(Value place, Value width, Value source,
                                         Value end, ValueRange states) {
  using P = arith::CmpIPredicate;
  Value one = makeIndex(1);
  Value twice = arith::ShLIOp::create(b, width, one);
  // Lengths of runs are powers of two.
  Value within =
      arith::AndIOp::create(b, place, arith::SubIOp::create(b, twice, one));
  Value begin = arith::SubIOp::create(b, place, within);
  Value middle = makeMin(arith::AddIOp::create(b, begin, width), end);
  Value last = makeMin(arith::AddIOp::create(b, begin, twice), end);
  Value isFirst = arith::CmpIOp::create(b, P::eq, within, makeIndex(0));
  Value left = arith::SelectOp::create(b, isFirst, begin, states[2]);
  Value right = arith::SelectOp::create(b, isFirst, middle, states[3]);

  // What is read behind the end of a run does not count, but is there.
  Value greatest = makeIndex(capacity - 1);
  Value isBefore = isRightNext(makeMin(left, greatest),
                               makeMin(right, greatest), source, states);
  Value isLeftOver = arith::CmpIOp::create(b, P::uge, left, middle);
  Value hasRight = arith::CmpIOp::create(b, P::ult, right, last);
  Value isRight = arith::AndIOp::create(
      b, hasRight, arith::OrIOp::create(b, isLeftOver, isBefore));
  Value from = arith::SelectOp::create(b, isRight, right, left);

  Value target = arith::XOrIOp::create(b, source, one);
  SmallVector<Value> results;
  for (Value buffer : states.take_front(2)) {
    Value element = tensor::ExtractOp::create(b, buffer, {source, from});
    results.push_back(
        tensor::InsertOp::create(b, element, buffer, {target, place}));
  }
  Value next = arith::AddIOp::create(b, from, one);
  results.push_back(arith::SelectOp::create(b, isRight, left, next));
  results.push_back(arith::SelectOp::create(b, isRight, next, right));
  return results;
}

/// Merges runs of two to the power of `pass` of the first `used` elements.
SmallVector<Value> SortBuilder::makePass(Value pass, Value used,
                                         ValueRange buffers) {
  Value one = makeIndex(1);
  Value width = arith::ShLIOp::create(b, one, pass);
  Value source = arith::AndIOp::create(b, pass, one);
  SmallVector<Value> states = llvm::to_vector(buffers);
  states.append(2, makeIndex(0));
  states = makeLoop(used, states, [&](Value place, ValueRange s) {
    return makeStep(place, width, source, used, s);
  });
  states.truncate(2);
  return states;
}

SmallVector<Value> SortBuilder::sortBuffers(Value used, ValueRange buffers) {
  return makeLoop(makeIndex(numPasses), buffers, [&](Value pass, ValueRange s) {
    return makePass(pass, used, s);
  });
}

/// Where the element `number` of a row is, whose indices but that of the axis
/// are `row`.
SmallVector<Value> SortBuilder::getPlace(ArrayRef<Value> row,
                                         Value number) const {
  SmallVector<Value> place(row);
  place[rows.axis] = number;
  return place;
}

/// Puts the element `number` of the row behind the candidates, and counts it if
/// it is one. The states are the buffers and the number of candidates.
SmallVector<Value> SortBuilder::addCandidate(ArrayRef<Value> row, Value number,
                                             Value threshold,
                                             Value hasThreshold,
                                             ValueRange states) {
  Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number,
                                         makeIndex(size));
  Value within = makeMin(number, makeIndex(size - 1));
  Value element =
      tensor::ExtractOp::create(b, rows.input, getPlace(row, within));
  Value position = arith::IndexCastOp::create(b, b.getI32Type(), within);
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Value isBetter = isBefore(b, rows, element, threshold, /*isEarlier=*/no);
  Value isWanted = arith::AndIOp::create(
      b, isInside, arith::SelectOp::create(b, hasThreshold, isBetter, yes));
  Value half = makeIndex(0), used = toIndex(states[2]);
  Value one = arith::ExtUIOp::create(b, b.getI64Type(), isWanted);
  return {tensor::InsertOp::create(b, element, states[0], {half, used}),
          tensor::InsertOp::create(b, position, states[1], {half, used}),
          arith::AddIOp::create(b, states[2], one)};
}

/// Sorts the candidates and keeps as many as are wanted. The states are the
/// buffers, the number of candidates, and the last of those that were kept with
/// whether there is one.
SmallVector<Value> SortBuilder::makeRoom(ValueRange states) {
  SmallVector<Value> kept =
      sortBuffers(toIndex(states[2]), states.take_front(2));
  Value last = makeIndex(rows.count - 1);
  kept.push_back(arith::ConstantOp::create(b, b.getI64IntegerAttr(rows.count)));
  kept.push_back(
      tensor::ExtractOp::create(b, kept[0], ValueRange{makeIndex(0), last}));
  kept.push_back(arith::ConstantOp::create(b, b.getBoolAttr(true)));
  return kept;
}

/// Adds the candidates of a chunk, and makes room for the next one. The states
/// are those of makeRoom, the scalars as tensors: loops of a program yield
/// nothing else.
SmallVector<Value> SortBuilder::addChunk(ArrayRef<Value> row, Value chunk,
                                         ValueRange states) {
  SmallVector<Value> scalars;
  for (Value state : states.drop_front(2))
    scalars.push_back(tensor::ExtractOp::create(b, state, ValueRange()));
  Value count = makeIndex(rows.count);
  Value begin = arith::MulIOp::create(b, chunk, count);
  SmallVector<Value> next = makeLoop(
      count, {states[0], states[1], scalars[0]},
      [&](Value number, ValueRange s) {
        return addCandidate(row, arith::AddIOp::create(b, begin, number),
                            scalars[1], scalars[2], s);
      });
  next.append({scalars[1], scalars[2]});
  Value isFull =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, toIndex(next[2]),
                            makeIndex(capacity - rows.count));
  auto choice = scf::IfOp::create(b, TypeRange(ValueRange(next)), isFull,
                                  /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    scf::YieldOp::create(b, makeRoom(next));
    b.setInsertionPointToStart(choice.elseBlock());
    scf::YieldOp::create(b, next);
  }
  SmallVector<Value> results = llvm::to_vector_of<Value>(choice.getResults());
  for (unsigned i = 2; i < results.size(); ++i)
    results[i] =
        tensor::InsertOp::create(b, results[i], states[i], ValueRange());
  return results;
}

/// The row in the buffers, or what of it may be wanted, and sorted.
SmallVector<Value> SortBuilder::fill(ArrayRef<Value> row, ValueRange buffers) {
  Type type = rows.getType().getElementType();
  TypedAttr none = b.getZeroAttr(type), no = b.getBoolAttr(false);
  SmallVector<Value> states = llvm::to_vector(buffers);
  if (!isFiltered()) {
    Value half = makeIndex(0);
    states = makeLoop(
        makeIndex(size), states,
        [&](Value number, ValueRange s) -> SmallVector<Value> {
          Value element =
              tensor::ExtractOp::create(b, rows.input, getPlace(row, number));
          Value position =
              arith::IndexCastOp::create(b, b.getI32Type(), number);
          return {tensor::InsertOp::create(b, element, s[0], {half, number}),
                  tensor::InsertOp::create(b, position, s[1], {half, number})};
        });
    return sortBuffers(makeIndex(size), states);
  }
  for (TypedAttr first : {TypedAttr(b.getI64IntegerAttr(0)), none, no})
    states.push_back(makeFilled(b, {}, first));
  int64_t numChunks = llvm::divideCeil(size, rows.count);
  states =
      makeLoop(makeIndex(numChunks), states, [&](Value chunk, ValueRange s) {
        return addChunk(row, chunk, s);
      });
  Value used = tensor::ExtractOp::create(b, states[2], ValueRange());
  return sortBuffers(toIndex(used), ArrayRef(states).take_front(2));
}

/// The row at `place`, whose number along the axis is open. The states are the
/// results and both buffers.
SmallVector<Value> SortBuilder::sortRow(ArrayRef<Value> place,
                                        ValueRange states) {
  SmallVector<Value> buffers = fill(place, states.drop_front(2));
  Value half = makeIndex(numPasses % 2);
  SmallVector<Value> results = makeLoop(
      makeIndex(rows.count), states.take_front(2),
      [&](Value number, ValueRange s) {
        SmallVector<Value> next;
        for (auto [buffer, result] : llvm::zip_equal(buffers, s)) {
          Value element = tensor::ExtractOp::create(b, buffer, {half, number});
          next.push_back(tensor::InsertOp::create(b, element, result,
                                                  getPlace(place, number)));
        }
        return next;
      });
  llvm::append_range(results, buffers);
  return results;
}

/// Loops over the dimensions from that of the number of `place` on, without the
/// axis.
SmallVector<Value> SortBuilder::makeRowLoops(ArrayRef<OpFoldResult> sizes,
                                             SmallVector<Value> &place,
                                             ValueRange states) {
  if (place.size() == static_cast<size_t>(rows.axis))
    place.push_back(Value());
  if (place.size() == sizes.size())
    return sortRow(place, states);
  Value count =
      getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[place.size()]);
  return makeLoop(count, states, [&](Value number, ValueRange s) {
    SmallVector<Value> inner(place);
    inner.push_back(number);
    return makeRowLoops(sizes, inner, s);
  });
}

Selected SortBuilder::sort() {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), rows.input);
  SmallVector<OpFoldResult> resultSizes(sizes);
  resultSizes[rows.axis] = b.getIndexAttr(rows.count);
  SmallVector<Value> states;
  Type types[] = {rows.getType().getElementType(), b.getI32Type()};
  for (Type type : types)
    states.push_back(tensor::EmptyOp::create(b, resultSizes, type));
  for (Type type : types)
    states.push_back(
        tensor::EmptyOp::create(b, ArrayRef<int64_t>{2, capacity}, type));
  SmallVector<Value> place;
  states = makeRowLoops(sizes, place, states);
  return {states[0], states[1]};
}

Selected selectBySorting(ImplicitLocOpBuilder &b, const Selection &rows) {
  return SortBuilder(b, rows).sort();
}

Selected selectInLessTime(ImplicitLocOpBuilder &b, const Selection &rows) {
  return rows.count > countPasses(rows) ? selectBySorting(b, rows)
                                        : selectByLoop(b, rows);
}

} // namespace garam::ext
