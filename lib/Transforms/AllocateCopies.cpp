//===- AllocateCopies.cpp - Memory of their own for copies of values ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_ALLOCATECOPIES
#include "garam/Transforms/Passes.h.inc"

/// Whether nothing is in the memory of `value` yet.
static bool isUnwritten(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_present<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                         tensor::CastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_present<tensor::EmptyOp>(op);
}

namespace {

struct AllocateCopies : impl::AllocateCopiesBase<AllocateCopies> {
  void runOnOperation() override {
    getOperation().walk([](bufferization::MaterializeInDestinationOp store) {
      if (!store.getResult() || !isUnwritten(store.getDest()))
        return;
      OpBuilder builder(store);
      auto copy = bufferization::AllocTensorOp::create(
          builder, store.getLoc(),
          cast<RankedTensorType>(store.getResult().getType()),
          /*dynamicSizes=*/ValueRange(), /*copy=*/store.getSource());
      store.getResult().replaceAllUsesWith(copy);
      store.erase();
    });
  }
};

} // namespace
} // namespace garam
