//===- PrepareStructure.cpp - Brings a function to linalg and slices ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Dialect/GaramExt/Transforms/Passes.h"
#include "garam/Transforms/SumOfProducts.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_NORMALIZESTRUCTURE
#include "garam/Transforms/Passes.h.inc"

namespace {

struct PadIntoDestination : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    return linalg::rewriteInDestinationPassingStyle(rewriter, op);
  }
};

/// Products and convolutions of any name take one form.
struct GeneralizeSumOfProducts : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp>(op) || !isSumOfProducts(op))
      return failure();
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

struct NormalizeStructure : impl::NormalizeStructureBase<NormalizeStructure> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    ext::populateGaramExtDecomposePatterns(set);
    tensor::populateDecomposeTensorConcatPatterns(set);
    tensor::populateFoldTensorEmptyPatterns(set);
    set.add<GeneralizeSumOfProducts, PadIntoDestination>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace garam
