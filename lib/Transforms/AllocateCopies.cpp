//===- AllocateCopies.cpp - Memory of their own for copies of values ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_ALLOCATECOPIES
#include "garam/Transforms/Passes.h.inc"

static bool isView(Operation *op) {
  return isa_and_present<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                         tensor::CastOp>(op);
}

/// Whether nothing is in the memory of `value` yet.
static bool isUnwritten(Value value) {
  Operation *op = value.getDefiningOp();
  while (isView(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_present<tensor::EmptyOp>(op);
}

/// The state of a loop that `value` is a view of; null when it is none.
static BlockArgument getLoopState(Value value) {
  while (isView(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(value);
  bool isState =
      argument && isa<scf::ForOp>(argument.getOwner()->getParentOp());
  return isState ? argument : BlockArgument();
}

/// Whether each element is computed of those at its own place, so that it can
/// take the place of one of these.
static bool isInPlace(Operation *op) {
  auto structured = dyn_cast_or_null<linalg::LinalgOp>(op);
  return structured && linalg::isElementwise(structured) &&
         llvm::all_of(structured.getIndexingMapsArray(), [](AffineMap map) {
           return map.isIdentity() || map.getNumResults() == 0;
         });
}

/// The use of a `tensor.empty` in whose memory `value` is computed; null when
/// there is none.
static OpOperand *findMemory(Value value) {
  while (auto result = dyn_cast<OpResult>(value)) {
    Operation *op = result.getOwner();
    OpOperand *memory = nullptr;
    if (auto inner = dyn_cast<DestinationStyleOpInterface>(op))
      memory = inner.getTiedOpOperand(result);
    else if (auto loop = dyn_cast<scf::ForOp>(op))
      memory = &loop.getInitArgsMutable()[result.getResultNumber()];
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      memory = &insert.getDestMutable();
    else if (isView(op))
      memory = &op->getOpOperand(0);
    if (!memory || memory->get().getDefiningOp<tensor::EmptyOp>())
      return memory;
    value = memory->get();
  }
  return nullptr;
}

/// Gives a copy memory of its own.
static void allocateCopy(bufferization::MaterializeInDestinationOp store) {
  OpBuilder builder(store);
  auto copy = bufferization::AllocTensorOp::create(
      builder, store.getLoc(),
      cast<RankedTensorType>(store.getResult().getType()),
      /*dynamicSizes=*/ValueRange(), /*copy=*/store.getSource());
  store.getResult().replaceAllUsesWith(copy);
  store.erase();
}

/// Gives a new state memory of its own until it is stored. One that proved to
/// be another old state is copied before any is stored.
static void allocateState(bufferization::MaterializeInDestinationOp store) {
  Value source = store.getSource();
  if (BlockArgument old = getLoopState(source)) {
    if (old == getLoopState(store.getDest()) || old != source)
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(old.getOwner());
    store.getSourceMutable().assign(bufferization::AllocTensorOp::create(
        builder, store.getLoc(), cast<RankedTensorType>(old.getType()),
        /*dynamicSizes=*/ValueRange(), /*copy=*/old));
    return;
  }
  OpOperand *memory = findMemory(source);
  if (!memory || isInPlace(source.getDefiningOp()))
    return;
  auto empty = memory->get().getDefiningOp<tensor::EmptyOp>();
  OpBuilder builder(memory->getOwner());
  memory->set(bufferization::AllocTensorOp::create(
      builder, empty.getLoc(), empty.getType(), empty.getDynamicSizes(),
      /*copy=*/Value()));
}

namespace {

struct AllocateCopies : impl::AllocateCopiesBase<AllocateCopies> {
  void runOnOperation() override {
    getOperation().walk([](bufferization::MaterializeInDestinationOp store) {
      if (!store.getResult())
        return;
      if (isUnwritten(store.getDest()))
        allocateCopy(store);
      else if (getLoopState(store.getDest()))
        allocateState(store);
    });
  }
};

} // namespace
} // namespace garam
