//===- FuseElementwise.cpp - Fuses chains of elementwise operations -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "garam/Transforms/Passes.h.inc"

namespace {

/// Gives an operation that stands for another one this one's location alone.
/// Upstream's fusion of constants names the makers of all operands too, behind
/// the operation itself: of nodes that are fused, the last has the result, and
/// it is none of those.
struct LocationKeeper : RewriterBase::Listener {
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      inserted = generic;
  }

  void notifyOperationReplaced(Operation *op, ValueRange values) override {
    if (isa<linalg::GenericOp>(op) && inserted && !values.empty() &&
        values.front().getDefiningOp() == inserted)
      inserted->setLoc(op->getLoc());
  }

  void notifyOperationErased(Operation *op) override {
    if (op == inserted)
      inserted = nullptr;
  }

  linalg::GenericOp inserted; ///< The latest.
};

struct FuseElementwise : impl::FuseElementwiseBase<FuseElementwise> {
  using FuseElementwiseBase::FuseElementwiseBase;

  LogicalResult initialize(MLIRContext *context) override;

  void runOnOperation() override {
    LocationKeeper keeper;
    GreedyRewriteConfig config;
    config.setListener(&keeper);
    if (failed(applyPatternsGreedily(getOperation(), patterns, config)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace

static unsigned countOperations(linalg::LinalgOp op) {
  return op.getBlock()->getOperations().size();
}

/// Whether the producer's elements are each computed once after the fusion, in
/// a body that is not too long. Each fusion copies both bodies, so that without
/// a limit a chain takes the square of its length; a body of a hundred
/// operations is bound by them, and saves no time by another read less.
static bool isWorthFusing(OpOperand *use, unsigned maxOperations) {
  auto user = dyn_cast<linalg::LinalgOp>(use->getOwner());
  auto producer = use->get().getDefiningOp<linalg::LinalgOp>();
  return user && producer && producer->hasOneUse() &&
         user.getNumParallelLoops() == user.getNumLoops() &&
         user.getMatchingIndexingMap(use).isPermutation() &&
         countOperations(user) + countOperations(producer) <= maxOperations;
}

LogicalResult FuseElementwise::initialize(MLIRContext *context) {
  RewritePatternSet set(context);
  linalg::populateElementwiseOpsFusionPatterns(
      set, [limit = unsigned(maxOperations)](OpOperand *use) {
        return isWorthFusing(use, limit);
      });
  linalg::GenericOp::getCanonicalizationPatterns(set, context);
  patterns = std::move(set);
  return success();
}

} // namespace garam
