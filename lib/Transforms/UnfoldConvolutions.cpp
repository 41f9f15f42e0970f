//===- UnfoldConvolutions.cpp - Makes products of convolutions ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Support/NodeIds.h"
#include "garam/Transforms/SumOfProducts.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_UNFOLDCONVOLUTIONS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// The loops of a convolution in the order of the unfolded input's dimensions:
/// those of the output before its channels, the sums, those behind.
struct UnfoldedOrder {
  SmallVector<unsigned> outer, sums, inner;

  SmallVector<unsigned> concatenate() const {
    SmallVector<unsigned> all(outer);
    llvm::append_range(all, sums);
    llvm::append_range(all, inner);
    return all;
  }
};

} // namespace

static bool isIn(AffineMap map, unsigned loop) {
  return map.isFunctionOfDim(loop);
}

/// Nothing for what is no convolution, or one without output channels.
static std::optional<UnfoldedOrder> findOrder(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      !isSumOfProducts(op))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap input = maps[0], weights = maps[1], output = maps[2];
  if (input.isProjectedPermutation() || !weights.isProjectedPermutation() ||
      !output.isProjectedPermutation())
    return std::nullopt;
  UnfoldedOrder order;
  bool isBehindChannels = false;
  for (AffineExpr expr : output.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (!isIn(input, loop))
      isBehindChannels = true;
    else
      (isBehindChannels ? order.inner : order.outer).push_back(loop);
  }
  if (!isBehindChannels)
    return std::nullopt;
  for (AffineExpr expr : weights.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (!isIn(output, loop))
      order.sums.push_back(loop);
  }
  return order;
}

/// Copies the input once for each product that an element takes part in.
static Value unfold(linalg::GenericOp op, const UnfoldedOrder &order,
                    PatternRewriter &rewriter) {
  // Not yet what the node yields.
  Location loc = dropNodeValue(op.getLoc());
  SmallVector<Range> ranges =
      cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(rewriter, loc);
  SmallVector<unsigned> loops = order.concatenate();
  SmallVector<OpFoldResult> sizes;
  SmallVector<AffineExpr> replaced(op.getNumLoops(),
                                   rewriter.getAffineConstantExpr(0));
  for (auto [position, loop] : llvm::enumerate(loops)) {
    sizes.push_back(ranges[loop].size);
    replaced[loop] = rewriter.getAffineDimExpr(position);
  }
  AffineMap input = op.getIndexingMapsArray()[0].replaceDimsAndSymbols(
      replaced, {}, loops.size(), 0);
  Value source = op.getDpsInputs()[0];
  Value empty = tensor::EmptyOp::create(rewriter, loc, sizes,
                                        getElementTypeOrSelf(source));
  SmallVector<AffineMap> maps{input,
                              rewriter.getMultiDimIdentityMap(loops.size())};
  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             rewriter, loc, empty.getType(), source, empty, maps, iterators,
             [](OpBuilder &b, Location inner, ValueRange values) {
               linalg::YieldOp::create(b, inner, values.front());
             })
      .getResult(0);
}

namespace {

struct UnfoldConvolution : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "not of tensors");
    std::optional<UnfoldedOrder> order = findOrder(op);
    if (!order)
      return rewriter.notifyMatchFailure(op, "no convolution with channels");
    Value unfolded = unfold(op, *order, rewriter);
    SmallVector<AffineExpr> dims;
    for (unsigned loop : order->concatenate())
      dims.push_back(rewriter.getAffineDimExpr(loop));
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps[0] = AffineMap::get(op.getNumLoops(), 0, dims, op.getContext());
    rewriter.modifyOpInPlace(op, [&] {
      op.getDpsInputOperand(0)->set(unfolded);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

struct UnfoldConvolutions : impl::UnfoldConvolutionsBase<UnfoldConvolutions> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<UnfoldConvolution>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    walkAndApplyPatterns(getOperation(), patterns);
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace garam
