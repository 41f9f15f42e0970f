//===- LowerContractions.cpp - Keeps sums in registers --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_LOWERCONTRACTIONS
#include "garam/Transforms/Passes.h.inc"

namespace {

struct LowerContractions : impl::LowerContractionsBase<LowerContractions> {
  void runOnOperation() override;
};

} // namespace

/// Reads and writes of vectors on the tensors that slices are of.
static void addFoldingPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  tensor::populateFoldTensorSubsetIntoVectorTransferPatterns(patterns);
  vector::populateVectorTransferPermutationMapLoweringPatterns(patterns);
  tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, context);
  vector::TransferReadOp::getCanonicalizationPatterns(patterns, context);
  vector::TransferWriteOp::getCanonicalizationPatterns(patterns, context);
  scf::ForOp::getCanonicalizationPatterns(patterns, context);
}

void LowerContractions::runOnOperation() {
  func::FuncOp function = getOperation();
  MLIRContext *context = &getContext();
  RewritePatternSet folding(context);
  addFoldingPatterns(folding);
  if (failed(applyPatternsGreedily(function, std::move(folding))))
    return signalPassFailure();

  function.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
  IRRewriter rewriter(context);
  SmallVector<LoopLikeOpInterface> loops;
  function.walk([&](scf::ForOp loop) { loops.push_back(loop); });
  for (LoopLikeOpInterface loop : loops)
    hoistLoopInvariantSubsets(rewriter, loop);

  RewritePatternSet lowering(context);
  vector::populateVectorContractLoweringPatterns(
      lowering, vector::VectorContractLowering::OuterProduct);
  vector::populateVectorOuterProductLoweringPatterns(lowering);
  vector::populateCastAwayVectorLeadingOneDimPatterns(lowering);
  if (failed(applyPatternsGreedily(function, std::move(lowering))))
    return signalPassFailure();
}

} // namespace garam
