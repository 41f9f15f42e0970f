//===- QuantizationConversion.cpp - Quantisation to npu.vector ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "LinalgToNPU.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace garam::npu {

namespace {

/// An npu.vector over the shape of a tensor, with the scale and the zero point
/// as scalars or as inputs that depend on the axis.
class QuantizationStage {
public:
  QuantizationStage(RewriterBase &rewriter, Operation *op, Value input,
                    const QuantizationParameters &parameters)
      : rewriter(rewriter), op(op), loc(op->getLoc()), parameters(parameters),
        type(cast<RankedTensorType>(op->getResult(0).getType())) {
    spec.sizes.assign(type.getShape().begin(), type.getShape().end());
    unsigned rank = spec.sizes.size();
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < rank; ++i)
      dims.push_back(rewriter.getAffineDimExpr(i));
    Access access(input, dims);
    foldMovement(access);
    input = access.source;
    locations = access.locations;
    bool isInteger = !isa<FloatType>(getElementTypeOrSelf(input));
    spec.addInput(getInput(access, rank, isInteger && parameters.isUnsigned));
    spec.outputs.push_back({type, rewriter.getMultiDimIdentityMap(rank),
                            !isInteger && parameters.isUnsigned});
    scaleInput = addParameter(parameters.scales);
    zeroPointInput = addParameter(parameters.zeroPoints);
  }

  void convert(bool isQuantize);

private:
  std::optional<unsigned> addParameter(ArrayRef<double> values) {
    if (values.size() == 1)
      return std::nullopt;
    SmallVector<float> floats;
    for (double value : values)
      floats.push_back(static_cast<float>(value));
    auto type = RankedTensorType::get({static_cast<int64_t>(floats.size())},
                                      rewriter.getF32Type());
    Value constant = ConstantOp::create(
        rewriter, loc, type, DenseElementsAttr::get(type, ArrayRef(floats)));
    Access access(constant, {rewriter.getAffineDimExpr(parameters.axis)});
    return spec.addInput(getInput(access, spec.sizes.size(), false));
  }
  Value getParameter(VectorOp vector, ArrayRef<double> values,
                     std::optional<unsigned> input) {
    if (input)
      return vector.getBody().getArgument(*input);
    return arith::ConstantOp::create(
        rewriter, loc,
        rewriter.getF32FloatAttr(static_cast<float>(values.front())));
  }

  RewriterBase &rewriter;
  Operation *op;
  Location loc;
  const QuantizationParameters &parameters;
  RankedTensorType type;
  VectorSpec spec;
  SmallVector<Location> locations;
  std::optional<unsigned> scaleInput, zeroPointInput;
};

} // namespace

void QuantizationStage::convert(bool isQuantize) {
  VectorOp vector = createVector(rewriter, fuse(loc, locations), spec);
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToEnd(&vector.getBody().front());
  Value value = vector.getBody().getArgument(0);
  bool hasZeroPoint = zeroPointInput || parameters.zeroPoints.front() != 0.0;
  if (isQuantize) {
    Value scale = getParameter(vector, parameters.scales, scaleInput);
    value = arith::DivFOp::create(rewriter, loc, value, scale);
    if (hasZeroPoint) {
      value = math::RoundEvenOp::create(rewriter, loc, value);
      value = arith::AddFOp::create(
          rewriter, loc, value,
          getParameter(vector, parameters.zeroPoints, zeroPointInput));
    }
  } else {
    value =
        arith::SIToFPOp::create(rewriter, loc, rewriter.getF32Type(), value);
    if (hasZeroPoint)
      value = arith::SubFOp::create(
          rewriter, loc, value,
          getParameter(vector, parameters.zeroPoints, zeroPointInput));
    value = arith::MulFOp::create(
        rewriter, loc, value,
        getParameter(vector, parameters.scales, scaleInput));
  }
  YieldOp::create(rewriter, loc, value);
  rewriter.replaceOp(op, vector.getResults());
}

/// The elements of a dequantised constant that is small enough to be evaluated.
static std::optional<SmallVector<float>>
evaluate(ext::DequantizeOp op, const QuantizationParameters &parameters) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  auto values = readConstant(op.getInput(), parameters.isUnsigned);
  if (!values || !type.getElementType().isF32())
    return std::nullopt;
  // Elements that lie one behind the other have the same index of the axis.
  int64_t inner = 1, count = 1;
  if (!parameters.isPerTensor()) {
    for (int64_t size : type.getShape().drop_front(parameters.axis + 1))
      inner *= size;
    count = type.getDimSize(parameters.axis);
  }
  SmallVector<float> result;
  result.reserve(values->size());
  for (auto [i, value] : llvm::enumerate(*values)) {
    auto at = [index = i / inner % count](const SmallVector<double> &v) {
      return v[v.size() == 1 ? 0 : index];
    };
    result.push_back(static_cast<float>(value - at(parameters.zeroPoints)) *
                     static_cast<float>(at(parameters.scales)));
  }
  return result;
}

LogicalResult convertQuantization(RewriterBase &rewriter, Operation *op,
                                  Obstacle &obstacle) {
  auto quantize = dyn_cast<ext::QuantizeOp>(op);
  auto parameters = quantize ? getParameters(quantize)
                             : getParameters(cast<ext::DequantizeOp>(op));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!parameters) {
    obstacle.reason = "scales or zero points that are not constants, or blocks";
    return failure();
  }
  rewriter.setInsertionPoint(op);
  if (!quantize)
    if (auto values = evaluate(cast<ext::DequantizeOp>(op), *parameters)) {
      rewriter.replaceOpWithNewOp<ConstantOp>(
          op, type, DenseElementsAttr::get(type, ArrayRef<float>(*values)));
      return success();
    }
  QuantizationStage(rewriter, op, op->getOperand(0), *parameters)
      .convert(static_cast<bool>(quantize));
  return success();
}

} // namespace garam::npu
