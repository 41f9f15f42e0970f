//===- Decompose.cpp - Expands garam_ext operations to linalg.generic -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"

#include "garam/Dialect/GaramExt/Transforms/Passes.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace garam::ext {

#define GEN_PASS_DEF_GARAMEXTDECOMPOSE
#include "garam/Dialect/GaramExt/Transforms/Passes.h.inc"

namespace {

Value convertFloat(ImplicitLocOpBuilder &b, Value value, FloatType type) {
  if (value.getType() == type)
    return value;
  if (value.getType().getIntOrFloatBitWidth() < type.getWidth())
    return arith::ExtFOp::create(b, type, value);
  return arith::TruncFOp::create(b, type, value);
}

Value widenInteger(ImplicitLocOpBuilder &b, Value value, bool isUnsigned) {
  Type i32 = b.getI32Type();
  if (value.getType() == i32)
    return value;
  if (isUnsigned)
    return arith::ExtUIOp::create(b, i32, value);
  return arith::ExtSIOp::create(b, i32, value);
}

Value makeFloat(ImplicitLocOpBuilder &b, FloatType type, const APInt &value,
                bool isUnsigned) {
  APFloat number(type.getFloatSemantics());
  number.convertFromAPInt(value, !isUnsigned, APFloat::rmNearestTiesToEven);
  return arith::ConstantOp::create(b, FloatAttr::get(type, number));
}

/// Whether the input consists of whole blocks, so that their number and the
/// place within one can be dimensions of their own.
template <typename OpTy>
bool hasWholeBlocks(OpTy op) {
  RankedTensorType type = op.getInput().getType();
  return op.getBlockSize() > 0 && type.hasStaticShape() &&
         type.getDimSize(op.getAxis()) % op.getBlockSize() == 0;
}

/// Whether scale and zero point are tensors as others are: computed, or of
/// whole blocks.
template <typename OpTy>
bool hasTensorScales(OpTy op) {
  auto isComputed = [](Value value) {
    return value && !matchPattern(value, m_Constant());
  };
  return hasWholeBlocks(op) ||
         (op.getBlockSize() == 0 &&
          (isComputed(op.getScale()) || isComputed(op.getZeroPoint())));
}

/// The dimensions of the input, the one with blocks twice: block and place.
template <typename OpTy>
SmallVector<ReassociationIndices> getBlockDims(OpTy op) {
  SmallVector<ReassociationIndices> groups;
  uint64_t rank = op.getInput().getType().getRank();
  int64_t next = 0;
  for (uint64_t dim = 0; dim < rank; ++dim) {
    groups.push_back({next++});
    if (dim == op.getAxis())
      groups.back().push_back(next++);
  }
  return groups;
}

/// The input with its blocks as a dimension.
template <typename OpTy>
Value splitBlocks(OpTy op, PatternRewriter &rewriter) {
  RankedTensorType type = op.getInput().getType();
  SmallVector<int64_t> shape(type.getShape());
  shape[op.getAxis()] /= op.getBlockSize();
  shape.insert(shape.begin() + op.getAxis() + 1, op.getBlockSize());
  return tensor::ExpandShapeOp::create(rewriter, op.getLoc(), type.clone(shape),
                                       op.getInput(), getBlockDims(op));
}

/// How the elements of the input are mapped to those of scale and zero point.
template <typename OpTy>
AffineMap getScaleMap(OpTy op) {
  MLIRContext *context = op.getContext();
  unsigned rank = op.getInput().getType().getRank();
  if (hasWholeBlocks(op))
    return AffineMap::getMultiDimIdentityMap(rank + 1, context)
        .dropResult(op.getAxis() + 1);
  if (op.getScale().getType().getRank() == 0)
    return AffineMap::get(rank, 0, context);
  if (op.getBlockSize() == 0)
    return AffineMap::get(rank, 0, getAffineDimExpr(op.getAxis(), context));
  SmallVector<AffineExpr> coordinates;
  for (unsigned dim = 0; dim < rank; ++dim)
    coordinates.push_back(getAffineDimExpr(dim, context));
  coordinates[op.getAxis()] =
      coordinates[op.getAxis()].floorDiv(op.getBlockSize());
  return AffineMap::get(rank, 0, coordinates, context);
}

/// Maps over the input of a quantisation; `body` gets the element, the scale
/// and, where there is one, the zero point.
template <typename OpTy>
Value makeQuantization(OpTy op, PatternRewriter &rewriter, ScalarBody body) {
  AffineMap scaleMap = getScaleMap(op);
  bool isSplit = hasWholeBlocks(op);
  Value input = isSplit ? splitBlocks(op, rewriter) : Value(op.getInput());
  SmallVector<Value> operands{input, op.getScale()};
  SmallVector<AffineMap> maps{
      rewriter.getMultiDimIdentityMap(scaleMap.getNumDims()), scaleMap};
  if (op.getZeroPoint()) {
    operands.push_back(op.getZeroPoint());
    maps.push_back(scaleMap);
  }
  Location loc = op.getLoc();
  ImplicitLocOpBuilder b(loc, rewriter);
  Value result = makePointwise(b, tensor::getMixedSizes(rewriter, loc, input),
                               op.getResult().getType().getElementType(),
                               operands, maps, body);
  if (isSplit)
    result = tensor::CollapseShapeOp::create(rewriter, loc, result,
                                             getBlockDims(op));
  if (result.getType() != op.getResult().getType())
    result =
        tensor::CastOp::create(rewriter, loc, op.getResult().getType(), result);
  return result;
}

/// quantize: saturate(round_half_even(x / scale) + zero_point). The sum is
/// exact in f32 wherever it does not saturate, for integers have 16 bits at
/// most. NaN, which ONNX leaves open, becomes the least integer.
struct DecomposeQuantize : OpRewritePattern<QuantizeOp> {
  DecomposeQuantize(MLIRContext *context, bool onlyTensorScales)
      : OpRewritePattern(context), onlyTensorScales(onlyTensorScales) {}

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (onlyTensorScales && !hasTensorScales(op))
      return rewriter.notifyMatchFailure(op, "has a constant scale of an axis");
    Type type = op.getResult().getType().getElementType();
    bool isUnsigned = op.getIsUnsigned();
    unsigned width = type.getIntOrFloatBitWidth();
    APInt least =
        isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
    APInt greatest = isUnsigned ? APInt::getMaxValue(width)
                                : APInt::getSignedMaxValue(width);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
      FloatType f32 = b.getF32Type();
      Value value = arith::DivFOp::create(b, convertFloat(b, s[0], f32),
                                          convertFloat(b, s[1], f32));
      value = math::RoundEvenOp::create(b, value);
      if (s.size() > 3) {
        Value zeroPoint =
            arith::SIToFPOp::create(b, f32, widenInteger(b, s[2], isUnsigned));
        value = arith::AddFOp::create(b, value, zeroPoint);
      }
      value = arith::MaxNumFOp::create(b, value,
                                       makeFloat(b, f32, least, isUnsigned));
      value = arith::MinNumFOp::create(b, value,
                                       makeFloat(b, f32, greatest, isUnsigned));
      if (isUnsigned)
        return arith::FPToUIOp::create(b, type, value);
      return arith::FPToSIOp::create(b, type, value);
    };
    rewriter.replaceOp(op, makeQuantization(op, rewriter, body));
    return success();
  }

  bool onlyTensorScales;
};

/// dequantize: (x - zero_point) * scale; the difference is taken in i32 and
/// the product in f32, as onnxruntime does.
struct DecomposeDequantize : OpRewritePattern<DequantizeOp> {
  DecomposeDequantize(MLIRContext *context, bool onlyTensorScales)
      : OpRewritePattern(context), onlyTensorScales(onlyTensorScales) {}

  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (onlyTensorScales && !hasTensorScales(op))
      return rewriter.notifyMatchFailure(op, "has a constant scale of an axis");
    auto type = cast<FloatType>(op.getResult().getType().getElementType());
    bool isUnsigned = op.getIsUnsigned();
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
      FloatType f32 = b.getF32Type();
      Value value = widenInteger(b, s[0], isUnsigned);
      if (s.size() > 3)
        value =
            arith::SubIOp::create(b, value, widenInteger(b, s[2], isUnsigned));
      value = arith::SIToFPOp::create(b, f32, value);
      value = arith::MulFOp::create(b, value, convertFloat(b, s[1], f32));
      return convertFloat(b, value, type);
    };
    rewriter.replaceOp(op, makeQuantization(op, rewriter, body));
    return success();
  }

  bool onlyTensorScales;
};

/// gather: a linalg.generic over the result that reads the index and extracts
/// the element.
struct DecomposeGather : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    int64_t axis = op.getAxis();
    int64_t rank = op.getResult().getType().getRank();
    int64_t numIndexDims = op.getIndices().getType().getRank();
    SmallVector<OpFoldResult> inputSizes =
        tensor::getMixedSizes(rewriter, loc, op.getInput());
    SmallVector<OpFoldResult> sizes(ArrayRef(inputSizes).take_front(axis));
    llvm::append_range(sizes,
                       tensor::getMixedSizes(rewriter, loc, op.getIndices()));
    llvm::append_range(sizes, ArrayRef(inputSizes).drop_front(axis + 1));
    AffineMap indexMap =
        AffineMap::getMultiDimIdentityMap(rank, op.getContext())
            .getSliceMap(axis, numIndexDims);
    auto body = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
      Value size = getValueOrCreateConstantIndexOp(b, loc, inputSizes[axis]);
      Value zero = arith::ConstantIndexOp::create(b, 0);
      Value one = arith::ConstantIndexOp::create(b, 1);
      Value index = arith::IndexCastOp::create(b, b.getIndexType(), s[0]);
      Value isNegative =
          arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
      Value wrapped = arith::AddIOp::create(b, index, size);
      index = arith::SelectOp::create(b, isNegative, wrapped, index);
      index = arith::MaxSIOp::create(b, index, zero);
      Value last = arith::SubIOp::create(b, size, one);
      index = arith::MinSIOp::create(b, index, last);
      SmallVector<Value> coordinates;
      for (int64_t dim = 0; dim < rank; ++dim) {
        if (dim == axis)
          coordinates.push_back(index);
        if (dim < axis || dim >= axis + numIndexDims)
          coordinates.push_back(linalg::IndexOp::create(b, dim));
      }
      if (axis == rank) // A scalar index into the last dimension.
        coordinates.push_back(index);
      return tensor::ExtractOp::create(b, op.getInput(), coordinates);
    };
    ImplicitLocOpBuilder b(loc, rewriter);
    Value result =
        makePointwise(b, sizes, op.getResult().getType().getElementType(),
                      op.getIndices(), {indexMap}, body);
    if (result.getType() != op.getResult().getType())
      result = tensor::CastOp::create(rewriter, loc, op.getResult().getType(),
                                      result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// top_k: a loop over the places, or a sort.
struct DecomposeTopK : OpRewritePattern<TopKOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TopKOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Selected selected = selectInLessTime(b, getSelection(op));
    rewriter.replaceOp(op, {selected.values, selected.positions});
    return success();
  }
};

struct GaramExtDecompose : impl::GaramExtDecomposeBase<GaramExtDecompose> {
  using GaramExtDecomposeBase::GaramExtDecomposeBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    if (tensorScales)
      populateGaramExtDecomposeTensorScalesPatterns(set);
    else
      populateGaramExtDecomposePatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    walkAndApplyPatterns(getOperation(), patterns);
  }

  FrozenRewritePatternSet patterns;
};

} // namespace

Selection getSelection(TopKOp op) {
  return {op.getInput(), static_cast<int64_t>(op.getAxis()), op.getCount(),
          !op.getSmallest(), op.getIsUnsigned()};
}

void populateGaramExtDecomposePatterns(RewritePatternSet &patterns) {
  patterns.add<DecomposeDequantize, DecomposeQuantize>(
      patterns.getContext(),
      /*onlyTensorScales=*/false);
  patterns.add<DecomposeGather, DecomposeTopK>(patterns.getContext());
}

void populateGaramExtDecomposeTensorScalesPatterns(
    RewritePatternSet &patterns) {
  patterns.add<DecomposeDequantize, DecomposeQuantize>(
      patterns.getContext(),
      /*onlyTensorScales=*/true);
}

} // namespace garam::ext
