//===- PrepareMovement.cpp - Paddings that descriptors can walk -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace garam {
#define GEN_PASS_DEF_NPUPREPAREMOVEMENT
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;

//===----------------------------------------------------------------------===//
// Paddings
//===----------------------------------------------------------------------===//

static Value createPad(PatternRewriter &rewriter, Location loc, Value source,
                       ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                       Value fill) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<OpFoldResult> lows, highs;
  for (auto [i, size] : llvm::enumerate(shape)) {
    size += low[i] + high[i];
    lows.push_back(rewriter.getIndexAttr(low[i]));
    highs.push_back(rewriter.getIndexAttr(high[i]));
  }
  return tensor::PadOp::create(rewriter, loc, type.clone(shape), source, lows,
                               highs, fill)
      .getResult();
}

namespace {

/// Replaces tensor.pad in more dimensions than a descriptor guards by
///   tensor.pad of the remaining dimensions (tensor.pad of the first ones).
struct SplitPad : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    Value fill = op.getConstantPaddingValue();
    ArrayRef<int64_t> low = op.getStaticLow(), high = op.getStaticHigh();
    if (!fill || !op.getLow().empty() || !op.getHigh().empty() ||
        !op.getSourceType().hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not a constant padding");
    SmallVector<int64_t> firstLow(low.size(), 0), firstHigh(low.size(), 0);
    SmallVector<int64_t> restLow(low), restHigh(high);
    unsigned count = 0;
    for (unsigned i = 0, e = low.size(); i < e; ++i) {
      if (low[i] == 0 && high[i] == 0)
        continue;
      if (++count > garam::npu::maxGuards)
        continue;
      std::swap(firstLow[i], restLow[i]);
      std::swap(firstHigh[i], restHigh[i]);
    }
    if (count <= garam::npu::maxGuards)
      return rewriter.notifyMatchFailure(op, "few dimensions are padded");
    Value first = createPad(rewriter, op.getLoc(), op.getSource(), firstLow,
                            firstHigh, fill);
    rewriter.replaceOp(
        op, createPad(rewriter, op.getLoc(), first, restLow, restHigh, fill));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Insertions
//===----------------------------------------------------------------------===//

/// Replaces tensor.insert_slice into a tensor of one value by paddings. Where
/// the slice has a stride s, each element becomes the first of s: a dimension
/// of one element is added behind, padded to s and merged,
///   [H] -> [H, 1] -> [H, s] -> [H * s].
struct InsertionToPad : OpRewritePattern<tensor::InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::InsertSliceOp op,
                                PatternRewriter &rewriter) const override;

private:
  Value spread(PatternRewriter &rewriter, tensor::InsertSliceOp op,
               Value fill) const;
};

} // namespace

/// The scalar that all elements of `tensor` are.
static Value getFillValue(PatternRewriter &rewriter, Value tensor) {
  if (auto fill = tensor.getDefiningOp<linalg::FillOp>())
    return fill.value();
  DenseElementsAttr elements;
  if (!matchPattern(tensor, m_Constant(&elements)) || !elements.isSplat())
    return {};
  return arith::ConstantOp::create(rewriter, tensor.getLoc(),
                                   elements.getSplatValue<TypedAttr>());
}

/// The source of `op` with stride - 1 fill values behind each element.
Value InsertionToPad::spread(PatternRewriter &rewriter,
                             tensor::InsertSliceOp op, Value fill) const {
  RankedTensorType type = op.getSourceType();
  SmallVector<ReassociationIndices> groups;
  SmallVector<int64_t> expanded, high, merged;
  bool isStrided = false;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    int64_t stride = op.getStaticStrides()[i], size = type.getDimSize(i);
    ReassociationIndices &group = groups.emplace_back();
    group.push_back(expanded.size());
    expanded.push_back(size);
    high.push_back(0);
    merged.push_back(size * stride);
    if (stride == 1)
      continue;
    isStrided = true;
    group.push_back(expanded.size());
    expanded.push_back(1);
    high.push_back(stride - 1);
  }
  if (!isStrided)
    return op.getSource();
  Location loc = op.getLoc();
  Value split = tensor::ExpandShapeOp::create(
      rewriter, loc, type.clone(expanded), op.getSource(), groups);
  SmallVector<int64_t> low(high.size(), 0);
  Value padded = createPad(rewriter, loc, split, low, high, fill);
  return tensor::CollapseShapeOp::create(rewriter, loc, type.clone(merged),
                                         padded, groups);
}

LogicalResult InsertionToPad::matchAndRewrite(tensor::InsertSliceOp op,
                                              PatternRewriter &rewriter) const {
  RankedTensorType source = op.getSourceType(), result = op.getType();
  if (!op.getOffsets().empty() || !op.getSizes().empty() ||
      !op.getStrides().empty() || source.getRank() != result.getRank() ||
      !source.hasStaticShape() || !result.hasStaticShape() ||
      llvm::any_of(op.getStaticStrides(), [](int64_t s) { return s < 1; }))
    return rewriter.notifyMatchFailure(op, "not a static insertion");
  Value fill = getFillValue(rewriter, op.getDest());
  if (!fill)
    return rewriter.notifyMatchFailure(op, "into more than one value");

  Value value = spread(rewriter, op, fill);
  auto type = cast<RankedTensorType>(value.getType());
  // Fill values behind the last element may reach over the end.
  SmallVector<int64_t> low(op.getStaticOffsets()), high;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  bool isCut = false;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    int64_t room = result.getDimSize(i) - low[i];
    int64_t size = std::min(room, type.getDimSize(i));
    isCut |= size != type.getDimSize(i);
    high.push_back(room - size);
    offsets.push_back(rewriter.getIndexAttr(0));
    sizes.push_back(rewriter.getIndexAttr(size));
    strides.push_back(rewriter.getIndexAttr(1));
  }
  if (isCut)
    value = tensor::ExtractSliceOp::create(rewriter, op.getLoc(), value,
                                           offsets, sizes, strides);
  rewriter.replaceOp(op,
                     createPad(rewriter, op.getLoc(), value, low, high, fill));
  return success();
}

namespace {

struct NPUPrepareMovement
    : garam::impl::NPUPrepareMovementBase<NPUPrepareMovement> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<InsertionToPad, SplitPad>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
