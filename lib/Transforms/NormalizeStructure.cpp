//===- NormalizeStructure.cpp - Brings a function to linalg and slices ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Dialect/GaramExt/Transforms/Passes.h"
#include "garam/Support/NodeIds.h"
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

/// The most operands of a concatenation. They become one function with a loop
/// for each, and LLVM takes the square of the time from some 250 on (1000: 10 s
/// in place of 0.5 s); the elements of more operands are copied once more.
constexpr size_t maxConcatOperands = 128;

/// A concatenation of many tensors becomes one of concatenations of those that
/// lie beside each other.
struct SplitConcat : OpRewritePattern<tensor::ConcatOp> {
  explicit SplitConcat(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {} // before decomposition

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInputs().size() <= maxConcatOperands ||
        !op.getType().hasStaticShape())
      return failure();
    Location loc = dropNodeValue(op.getLoc());
    SmallVector<Value> groups;
    for (ValueRange rest = op.getInputs(); !rest.empty();) {
      ValueRange group = rest.take_front(maxConcatOperands);
      rest = rest.drop_front(group.size());
      groups.push_back(
          tensor::ConcatOp::create(rewriter, loc, op.getDim(), group));
    }
    rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().assign(groups); });
    return success();
  }
};

struct NormalizeStructure : impl::NormalizeStructureBase<NormalizeStructure> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    ext::populateGaramExtDecomposePatterns(set);
    tensor::populateDecomposeTensorConcatPatterns(set);
    tensor::populateFoldTensorEmptyPatterns(set);
    set.add<GeneralizeSumOfProducts, PadIntoDestination, SplitConcat>(context);
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
