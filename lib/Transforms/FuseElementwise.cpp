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

struct FuseElementwise : impl::FuseElementwiseBase<FuseElementwise> {
  LogicalResult initialize(MLIRContext *context) override;

  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace

/// Whether the producer's elements are each computed once after the fusion.
static bool repeatsNoWork(OpOperand *use) {
  auto user = dyn_cast<linalg::LinalgOp>(use->getOwner());
  Operation *producer = use->get().getDefiningOp();
  return user && producer && producer->hasOneUse() &&
         user.getNumParallelLoops() == user.getNumLoops() &&
         user.getMatchingIndexingMap(use).isPermutation();
}

LogicalResult FuseElementwise::initialize(MLIRContext *context) {
  RewritePatternSet set(context);
  linalg::populateElementwiseOpsFusionPatterns(set, repeatsNoWork);
  linalg::GenericOp::getCanonicalizationPatterns(set, context);
  patterns = std::move(set);
  return success();
}

} // namespace garam
