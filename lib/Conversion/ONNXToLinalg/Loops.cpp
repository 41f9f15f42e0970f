//===- Loops.cpp - Steps that need the result of another ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <functional>

using namespace mlir;

namespace garam::onnx {

/// Undoes makeStored: of a single step nobody reads what is stored, and where
/// the loop is taken apart its first states may be others' still.
static void dropStores(SmallVectorImpl<Value> &states) {
  for (Value &state : states)
    if (auto store =
            state.getDefiningOp<bufferization::MaterializeInDestinationOp>()) {
      state = store.getSource();
      store.erase();
    }
}

SmallVector<Value> makeLoop(ImplicitLocOpBuilder &b, int64_t count,
                            ValueRange initial, LoopBody body) {
  Value end = arith::ConstantIndexOp::create(b, count);
  return makeLoop(b, end, initial, body);
}

SmallVector<Value> makeLoop(ImplicitLocOpBuilder &b, Value count,
                            ValueRange initial, LoopBody body) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto build = [&](OpBuilder &nested, Location loc, Value step,
                   ValueRange states) {
    ImplicitLocOpBuilder inner(loc, nested);
    SmallVector<Value> next = body(inner, step, states);
    if (getConstantIntValue(count) == 1)
      dropStores(next);
    scf::YieldOp::create(inner, next);
  };
  return llvm::to_vector_of<Value>(
      scf::ForOp::create(b, zero, count, one, initial, build).getResults());
}

Value makeStored(ImplicitLocOpBuilder &b, Value value, Value state) {
  if (value == state)
    return state;
  return bufferization::MaterializeInDestinationOp::create(b, state.getType(),
                                                           value, state)
      .getResult();
}

Value makeLoopNest(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape,
                   Value initial, NestBody body) {
  return makeLoopNest(b, getStaticSizes(b, shape), initial, body);
}

Value makeLoopNest(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                   Value initial, NestBody body) {
  SmallVector<Value> ends =
      getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes);
  SmallVector<Value> position;
  std::function<Value(ImplicitLocOpBuilder &, Value)> build =
      [&](ImplicitLocOpBuilder &b, Value state) -> Value {
    if (position.size() == ends.size())
      return body(b, position, state);
    return makeLoop(b, ends[position.size()], state,
                    [&](ImplicitLocOpBuilder &b, Value step,
                        ValueRange states) -> SmallVector<Value> {
                      position.push_back(step);
                      Value next = build(b, states.front());
                      position.pop_back();
                      return {next};
                    })
        .front();
  };
  return build(b, initial);
}

/// Offsets, sizes and strides of one element along `axis`.
static std::tuple<Sizes, Sizes, Sizes> getElementSlice(ImplicitLocOpBuilder &b,
                                                       Value tensor,
                                                       int64_t axis,
                                                       Value position) {
  Sizes sizes = getSizes(b, tensor);
  Sizes offsets(sizes.size(), b.getIndexAttr(0));
  Sizes strides(sizes.size(), b.getIndexAttr(1));
  offsets[axis] = position;
  sizes[axis] = b.getIndexAttr(1);
  return {offsets, sizes, strides};
}

/// Whether a slice has no elements: it begins inside of a tensor, and an empty
/// one has no inside.
static bool isEmpty(ImplicitLocOpBuilder &b, const Sizes &sizes) {
  return llvm::is_contained(sizes, OpFoldResult(b.getIndexAttr(0)));
}

Value makeElement(ImplicitLocOpBuilder &b, Value tensor, int64_t axis,
                  Value position) {
  auto [offsets, sizes, strides] = getElementSlice(b, tensor, axis, position);
  if (isEmpty(b, sizes))
    return tensor::EmptyOp::create(b, sizes, getElementTypeOrSelf(tensor));
  return tensor::ExtractSliceOp::create(b, tensor, offsets, sizes, strides);
}

Value makeInserted(ImplicitLocOpBuilder &b, Value tensor, int64_t axis,
                   Value position, Value element) {
  auto [offsets, sizes, strides] = getElementSlice(b, tensor, axis, position);
  if (isEmpty(b, sizes))
    return tensor;
  return tensor::InsertSliceOp::create(b, element, tensor, offsets, sizes,
                                       strides);
}

Value makeStep(ImplicitLocOpBuilder &b, Value step, OpFoldResult count,
               bool isReversed) {
  if (!isReversed)
    return step;
  if (std::optional<int64_t> known = getConstantIntValue(count)) {
    Value last = arith::ConstantIndexOp::create(b, *known - 1);
    return arith::SubIOp::create(b, last, step);
  }
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = arith::SubIOp::create(b, cast<Value>(count), one);
  return arith::SubIOp::create(b, last, step);
}

Value makeStep(ImplicitLocOpBuilder &b, Value step, int64_t count,
               bool isReversed) {
  return makeStep(b, step, OpFoldResult(b.getIndexAttr(count)), isReversed);
}

} // namespace garam::onnx
