//===- FoldQuantization.cpp - Moves dequantisation down -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Support/NodeIds.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace garam {
#define GEN_PASS_DEF_NPUFOLDQUANTIZATION
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;
using garam::ext::DequantizeOp;
using garam::ext::QuantizeOp;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

static bool isScalar(Value value) {
  return !value || cast<RankedTensorType>(value.getType()).getRank() == 0;
}

template <typename OpTy>
static bool isPerTensor(OpTy op) {
  return op && op.getBlockSize() == 0 && isScalar(op.getScale()) &&
         isScalar(op.getZeroPoint());
}

/// True when both are the same value, or constants with the same single
/// element; a zero point that is not there is 0.
static bool isSameScalar(Value a, Value b) {
  if (a == b)
    return true;
  auto read = [](Value value) -> Attribute {
    DenseElementsAttr elements;
    if (!value || !matchPattern(value, m_Constant(&elements)))
      return {};
    return *elements.value_begin<Attribute>();
  };
  auto isZero = [](Attribute attribute) {
    auto integer = dyn_cast_or_null<IntegerAttr>(attribute);
    return integer && integer.getValue().isZero();
  };
  Attribute left = read(a), right = read(b);
  if (!a || !b)
    return isZero(a ? left : right);
  return left && left == right;
}

template <typename A, typename B>
static bool hasSameParameters(A a, B b) {
  return isPerTensor(a) && isPerTensor(b) &&
         a.getIsUnsigned() == b.getIsUnsigned() &&
         isSameScalar(a.getScale(), b.getScale()) &&
         isSameScalar(a.getZeroPoint(), b.getZeroPoint());
}

static DequantizeOp getPerTensorDequantize(Value value) {
  auto op = value.getDefiningOp<DequantizeOp>();
  return isPerTensor(op) ? op : DequantizeOp();
}

/// `quantized` dequantised as `like` does, with the type `type`.
static Value createDequantize(PatternRewriter &rewriter, DequantizeOp like,
                              Value quantized, Type type) {
  // What is dequantised is another value than `like`'s.
  auto op =
      DequantizeOp::create(rewriter, garam::dropNodeValue(like.getLoc()), type,
                           quantized, like.getScale(), like.getZeroPoint());
  op.setIsUnsigned(like.getIsUnsigned());
  return op.getResult();
}

static RankedTensorType withElementOf(Type shape, Value like) {
  return cast<RankedTensorType>(shape).clone(getElementTypeOrSelf(like));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// Swaps tensor.expand_shape, tensor.collapse_shape or tensor.extract_slice(
///   garam_ext.dequantize), so that the quantised tensor moves.
template <typename OpTy>
struct SinkBelowView : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    DequantizeOp dequantize = getPerTensorDequantize(op->getOperand(0));
    if (!dequantize)
      return rewriter.notifyMatchFailure(op, "input is not dequantised");
    Type type = op->getResult(0).getType();
    Operation *moved = rewriter.clone(*op);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperand(0, dequantize.getInput());
      moved->getResult(0).setType(withElementOf(type, dequantize.getInput()));
    });
    rewriter.replaceOp(
        op, createDequantize(rewriter, dequantize, moved->getResult(0), type));
    return success();
  }
};

/// The input that a transposition or broadcast copies, by its body.
static OpOperand *getMovedInput(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      isa<linalg::FillOp>(op.getOperation()))
    return nullptr;
  OpOperand *input = op.getDpsInputOperand(0);
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  return yielded == op.getMatchingBlockArgument(input) ? input : nullptr;
}

/// The same for transpositions and broadcasts of any spelling.
struct SinkBelowTransposition : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    OpOperand *input = getMovedInput(op);
    DequantizeOp dequantize =
        input ? getPerTensorDequantize(input->get()) : DequantizeOp();
    if (!dequantize)
      return rewriter.notifyMatchFailure(op, "input is not dequantised");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "dynamic shape");
    RankedTensorType movedType = withElementOf(type, dequantize.getInput());
    Value init =
        tensor::EmptyOp::create(rewriter, op.getLoc(), movedType.getShape(),
                                movedType.getElementType());
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    auto moved = linalg::GenericOp::create(
        rewriter, op.getLoc(), movedType, dequantize.getInput(), init, maps,
        op.getIteratorTypesArray(),
        [](OpBuilder &builder, Location loc, ValueRange arguments) {
          linalg::YieldOp::create(builder, loc, arguments[0]);
        });
    rewriter.replaceOp(
        op, createDequantize(rewriter, dequantize, moved.getResult(0), type));
    return success();
  }
};

/// Replaces tensor.concat(garam_ext.dequantize...) by
///   garam_ext.dequantize(tensor.concat) when all have one scale.
struct SinkBelowConcat : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    DequantizeOp first = getPerTensorDequantize(op.getInputs().front());
    for (Value input : op.getInputs()) {
      DequantizeOp dequantize = getPerTensorDequantize(input);
      if (!dequantize || !hasSameParameters(first, dequantize) ||
          getElementTypeOrSelf(dequantize.getInput()) !=
              getElementTypeOrSelf(first.getInput()))
        return rewriter.notifyMatchFailure(op,
                                           "inputs differ in scale or type");
      inputs.push_back(dequantize.getInput());
    }
    Value moved = tensor::ConcatOp::create(
        rewriter, op.getLoc(),
        withElementOf(op.getResultType(), inputs.front()), op.getDim(), inputs);
    rewriter.replaceOp(
        op, createDequantize(rewriter, first, moved, op.getResultType()));
    return success();
  }
};

/// Replaces garam_ext.quantize(garam_ext.dequantize(x)) by x when both have
/// the same parameters; then the rounding finds integers. Only in f32, which
/// holds every integer of 16 bits.
struct CancelQuantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    DequantizeOp dequantize = getPerTensorDequantize(op.getInput());
    if (!dequantize || !hasSameParameters(op, dequantize) ||
        dequantize.getInput().getType() != op.getType() ||
        !getElementTypeOrSelf(op.getInput()).isF32() ||
        getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth() > 16)
      return rewriter.notifyMatchFailure(op, "parameters differ");
    rewriter.replaceOp(op, dequantize.getInput());
    return success();
  }
};

/// Replaces the maximum over windows of a dequantised tensor, padded by -inf
/// or not, by the dequantised maximum: a positive scale keeps the order.
struct SinkBelowMaximum : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override;
};

} // namespace

static bool isLowest(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.value();
  FloatAttr number;
  if (!value || !matchPattern(value, m_Constant(&number)))
    return false;
  APFloat lowest =
      APFloat::getLargest(number.getValue().getSemantics(), /*Negative=*/true);
  return number.getValue() <= lowest;
}

/// The body must be the maximum of the first input and the accumulator.
static bool isMaximum(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op->getNumResults() != 1 ||
      op.getNumReductionLoops() == 0)
    return false;
  Block *body = op.getBlock();
  Operation *maximum = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(maximum))
    return false;
  Value element = body->getArgument(0);
  Value accumulator = op.getRegionOutputArgs()[0];
  ValueRange operands = maximum->getOperands();
  bool isMatch = (operands[0] == element && operands[1] == accumulator) ||
                 (operands[1] == element && operands[0] == accumulator);
  for (BlockArgument argument : body->getArguments().drop_front())
    isMatch &= argument == accumulator || argument.use_empty();
  return isMatch;
}

/// Whether the scale is one positive finite number, so that it keeps order.
static bool hasPositiveScale(DequantizeOp op) {
  DenseElementsAttr scale;
  if (!matchPattern(op.getScale(), m_Constant(&scale)) || !scale.isSplat() ||
      !isa<FloatType>(scale.getElementType()))
    return false;
  APFloat value = scale.getSplatValue<APFloat>();
  return value.isFiniteNonZero() && !value.isNegative();
}

/// tensor.pad of `quantized` as `pad` pads, with `fill`.
static Value createPad(PatternRewriter &rewriter, tensor::PadOp pad,
                       Value quantized, Value fill) {
  auto type = withElementOf(pad.getResultType(), quantized);
  return tensor::PadOp::create(rewriter, pad.getLoc(), type, quantized,
                               pad.getMixedLowPad(), pad.getMixedHighPad(),
                               fill)
      .getResult();
}

LogicalResult
SinkBelowMaximum::matchAndRewrite(linalg::GenericOp op,
                                  PatternRewriter &rewriter) const {
  if (!isMaximum(op) || !isLowest(op.getDpsInits()[0]))
    return rewriter.notifyMatchFailure(op, "not a maximum");
  Value input = op.getInputs()[0];
  auto pad = input.getDefiningOp<tensor::PadOp>();
  if (pad) {
    Value fill = pad.getConstantPaddingValue();
    if (!fill || !isLowest(fill))
      return rewriter.notifyMatchFailure(op, "padded by another value");
    input = pad.getSource();
  }
  DequantizeOp dequantize = getPerTensorDequantize(input);
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  if (!dequantize || !type.hasStaticShape())
    return rewriter.notifyMatchFailure(op, "input is not dequantised");
  if (!hasPositiveScale(dequantize))
    return rewriter.notifyMatchFailure(op, "the scale may not keep order");

  Location loc = op.getLoc();
  Value quantized = dequantize.getInput();
  bool isUnsigned = dequantize.getIsUnsigned();
  Type element = getElementTypeOrSelf(quantized);
  unsigned bits = element.getIntOrFloatBitWidth();
  Value lowest = arith::ConstantOp::create(
      rewriter, loc,
      IntegerAttr::get(element, isUnsigned ? APInt::getMinValue(bits)
                                           : APInt::getSignedMinValue(bits)));
  if (pad)
    quantized = createPad(rewriter, pad, quantized, lowest);
  RankedTensorType resultType = withElementOf(type, quantized);
  Value empty = tensor::EmptyOp::create(rewriter, loc, resultType.getShape(),
                                        resultType.getElementType());
  Value init =
      linalg::FillOp::create(rewriter, loc, lowest, empty).getResult(0);
  SmallVector<Value> inputs(op.getInputs());
  inputs[0] = quantized;
  auto maximum = linalg::GenericOp::create(
      rewriter, loc, resultType, inputs, init, op.getIndexingMapsArray(),
      op.getIteratorTypesArray(),
      [&](OpBuilder &builder, Location nested, ValueRange arguments) {
        Value a = arguments.front(), b = arguments.back();
        Value result =
            isUnsigned
                ? arith::MaxUIOp::create(builder, nested, a, b).getResult()
                : arith::MaxSIOp::create(builder, nested, a, b).getResult();
        linalg::YieldOp::create(builder, nested, result);
      });
  rewriter.replaceOp(
      op, createDequantize(rewriter, dequantize, maximum.getResult(0), type));
  return success();
}

namespace {

struct NPUFoldQuantization
    : garam::impl::NPUFoldQuantizationBase<NPUFoldQuantization> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkBelowView<tensor::ExpandShapeOp>,
                 SinkBelowView<tensor::CollapseShapeOp>,
                 SinkBelowView<tensor::ExtractSliceOp>, SinkBelowTransposition,
                 SinkBelowConcat, CancelQuantize, SinkBelowMaximum>(
        &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
