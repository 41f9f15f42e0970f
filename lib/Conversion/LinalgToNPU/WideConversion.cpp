//===- WideConversion.cpp - Elements that registers do not hold -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The vector engine's registers have 32 bits. Integers and floats of 64 bits
// that are only moved keep all their bits as views, which DMA walks.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "LinalgToNPU.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::npu {

constexpr unsigned registerBits = 32;

bool isWiderThanRegisters(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIntOrFloat() &&
         element.getIntOrFloatBitWidth() > registerBits;
}

bool isWideMovement(Operation *op) {
  return op->getNumResults() == 1 &&
         isWiderThanRegisters(op->getResult(0).getType()) &&
         (isa<linalg::FillOp, tensor::PadOp, tensor::ExtractSliceOp>(op) ||
          getMovementMap(op));
}

static LogicalResult replaceByView(RewriterBase &rewriter, Operation *op,
                                   Value source, AffineMap map,
                                   Obstacle &obstacle) {
  if (!llvm::all_of(map.getResults(), isLinear)) {
    obstacle.reason = "an access that is not linear in the loop dimensions";
    return failure();
  }
  rewriter.replaceOpWithNewOp<ViewOp>(op, op->getResult(0).getType(), source,
                                      map);
  return success();
}

static LogicalResult convertWideSlice(RewriterBase &rewriter,
                                      tensor::ExtractSliceOp op,
                                      Obstacle &obstacle) {
  if (!op.getOffsets().empty() || !op.getStrides().empty()) {
    obstacle.reason = "offsets or strides that are not constants";
    return failure();
  }
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<AffineExpr> coordinates;
  unsigned dim = 0;
  for (unsigned i = 0, e = dropped.size(); i < e; ++i) {
    AffineExpr coordinate =
        rewriter.getAffineConstantExpr(op.getStaticOffsets()[i]);
    if (!dropped.test(i))
      coordinate = coordinate +
                   rewriter.getAffineDimExpr(dim++) * op.getStaticStrides()[i];
    coordinates.push_back(coordinate);
  }
  return replaceByView(
      rewriter, op, op.getSource(),
      AffineMap::get(dim, 0, coordinates, rewriter.getContext()), obstacle);
}

static Value createSplat(OpBuilder &builder, Location loc,
                         RankedTensorType type, Attribute value) {
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::get(type, value));
}

/// Puts constants before and behind, one dimension after the other.
static LogicalResult convertWidePad(RewriterBase &rewriter, tensor::PadOp op,
                                    Obstacle &obstacle) {
  Attribute fill;
  Value value = op.getConstantPaddingValue();
  if (!value || !matchPattern(value, m_Constant(&fill)) ||
      !op.getLow().empty() || !op.getHigh().empty()) {
    obstacle.reason = "a padding that is not constant";
    return failure();
  }
  Value padded = op.getSource();
  for (int64_t dim = 0, e = op.getSourceType().getRank(); dim < e; ++dim) {
    auto type = cast<RankedTensorType>(padded.getType());
    SmallVector<int64_t> shape(type.getShape());
    SmallVector<Value> parts;
    auto addConstants = [&](int64_t count) {
      SmallVector<int64_t> room(type.getShape());
      room[dim] = count;
      shape[dim] += count;
      if (count > 0)
        parts.push_back(
            createSplat(rewriter, op.getLoc(), type.clone(room), fill));
    };
    addConstants(op.getStaticLow()[dim]);
    parts.push_back(padded);
    addConstants(op.getStaticHigh()[dim]);
    if (parts.size() > 1)
      padded = ConcatOp::create(rewriter, op.getLoc(), type.clone(shape), parts,
                                rewriter.getI64IntegerAttr(dim));
  }
  rewriter.replaceOp(op, padded);
  return success();
}

LogicalResult convertWideMovement(RewriterBase &rewriter, Operation *op,
                                  Obstacle &obstacle) {
  rewriter.setInsertionPoint(op);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return convertWideSlice(rewriter, slice, obstacle);
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return convertWidePad(rewriter, pad, obstacle);
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    Attribute value;
    if (!matchPattern(fill.value(), m_Constant(&value))) {
      obstacle.reason = "a scalar operand that is not a constant";
      return failure();
    }
    rewriter.replaceOp(
        op,
        createSplat(rewriter, op->getLoc(),
                    cast<RankedTensorType>(fill.result().getType()), value));
    return success();
  }
  auto linalgOp = cast<linalg::LinalgOp>(op);
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(0);
  unsigned input = cast<BlockArgument>(yielded).getArgNumber();
  return replaceByView(rewriter, op, linalgOp.getDpsInputOperand(input)->get(),
                       *getMovementMap(op), obstacle);
}

} // namespace garam::npu
