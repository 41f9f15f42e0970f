//===- Access.cpp - How an operand of a loop nest reads memory ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Constants.h"

#include "garam/Target/NPU/Machine/ISA.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AffineExprVisitor.h"

using namespace mlir;

namespace garam::npu {

bool isLinear(AffineExpr expr) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  }
  if (expr.getKind() == AffineExprKind::Mul) {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return isLinear(binary.getLHS()) &&
           isa<AffineConstantExpr>(binary.getRHS());
  }
  return isa<AffineDimExpr, AffineConstantExpr>(expr);
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

std::optional<AffineMap> getMovementMap(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || linalgOp.getNumDpsInits() != 1 ||
      linalgOp->getNumResults() != 1 || isa<linalg::FillOp>(op) ||
      linalgOp.getNumParallelLoops() != linalgOp.getNumLoops())
    return std::nullopt;
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (!argument || argument.getOwner() != linalgOp.getBlock() ||
      argument.getArgNumber() >= linalgOp.getNumDpsInputs())
    return std::nullopt;
  AffineMap outputMap =
      linalgOp.getMatchingIndexingMap(linalgOp.getDpsInitOperand(0));
  if (!outputMap.isPermutation())
    return std::nullopt;
  AffineMap inputMap = linalgOp.getMatchingIndexingMap(
      linalgOp.getDpsInputOperand(argument.getArgNumber()));
  return inputMap.compose(inversePermutation(outputMap));
}

/// Replaces the source by the input of a transposition or broadcast.
static LogicalResult foldMap(Access &access, linalg::LinalgOp op) {
  std::optional<AffineMap> map = getMovementMap(op);
  if (!map)
    return failure();
  // A padded coordinate must reach the new source as it is, alone.
  SmallVector<bool> padding;
  unsigned paddedKept = 0;
  for (AffineExpr expr : map->getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    padding.push_back(dim && access.padding[dim.getPosition()]);
    paddedKept += padding.back();
  }
  if (paddedKept != llvm::count(access.padding, true))
    return failure();
  if (access.hasPadding() && !map->isProjectedPermutation(true))
    return failure();
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  unsigned input = cast<BlockArgument>(yielded).getArgNumber();
  SmallVector<AffineExpr> coordinates;
  for (AffineExpr expr : map->getResults())
    coordinates.push_back(simplifyAffineExpr(
        expr.replaceDims(access.coordinates), /*numDims=*/64, 0));
  if (!llvm::all_of(coordinates, isLinear))
    return failure();
  access.source = op.getDpsInputOperand(input)->get();
  access.coordinates = std::move(coordinates);
  access.padding = std::move(padding);
  return success();
}

static LogicalResult foldPad(Access &access, tensor::PadOp op) {
  Value padValue = op.getConstantPaddingValue();
  std::optional<double> fill;
  if (padValue)
    fill = readSplat(padValue);
  if (!fill || !op.getLow().empty() || !op.getHigh().empty())
    return failure();
  if (access.hasPadding() && access.fill != *fill)
    return failure();
  SmallVector<bool> padding = access.padding;
  for (auto [i, low] : llvm::enumerate(op.getStaticLow()))
    if (low != 0 || op.getStaticHigh()[i] != 0)
      padding[i] = true;
  if (llvm::count(padding, true) > maxGuards)
    return failure();
  access.padding = std::move(padding);
  for (auto [i, low] : llvm::enumerate(op.getStaticLow()))
    access.coordinates[i] = access.coordinates[i] - low;
  access.fill = *fill;
  access.source = op.getSource();
  return success();
}

static LogicalResult foldSlice(Access &access, tensor::ExtractSliceOp op) {
  if (!op.getOffsets().empty() || !op.getSizes().empty() ||
      !op.getStrides().empty())
    return failure();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  MLIRContext *context = op.getContext();
  SmallVector<AffineExpr> coordinates;
  SmallVector<bool> padding;
  unsigned next = 0;
  for (int64_t i = 0, e = op.getSourceType().getRank(); i < e; ++i) {
    int64_t offset = op.getStaticOffsets()[i];
    int64_t stride = op.getStaticStrides()[i];
    if (dropped.test(i)) {
      coordinates.push_back(getAffineConstantExpr(offset, context));
      padding.push_back(false);
      continue;
    }
    bool isWhole = offset == 0 && stride == 1 &&
                   op.getStaticSizes()[i] == op.getSourceType().getDimSize(i);
    // Outside of the slice there may be other elements of the source.
    if (access.padding[next] && !isWhole)
      return failure();
    coordinates.push_back(access.coordinates[next] * stride + offset);
    padding.push_back(access.padding[next++]);
  }
  access.source = op.getSource();
  access.coordinates = std::move(coordinates);
  access.padding = std::move(padding);
  return success();
}

/// The coordinate that a group of dimensions has as one dimension. At most one
/// dimension of a padded group may have more than one element.
static LogicalResult linearize(const Access &access, ArrayRef<int64_t> group,
                               ArrayRef<int64_t> shape, AffineExpr &coordinate,
                               bool &padded) {
  MLIRContext *context = access.source.getContext();
  coordinate = getAffineConstantExpr(0, context);
  padded = false;
  unsigned numLarge = 0;
  for (int64_t dim : group) {
    if (ShapedType::isDynamic(shape[dim]))
      return failure();
    if (access.padding[dim] && shape[dim] == 1)
      return failure();
    if (shape[dim] == 1)
      continue;
    ++numLarge;
    padded |= access.padding[dim];
    coordinate = coordinate * shape[dim] + access.coordinates[dim];
  }
  return success(!padded || numLarge == 1);
}

static LogicalResult foldExpand(Access &access, tensor::ExpandShapeOp op) {
  SmallVector<AffineExpr> coordinates;
  SmallVector<bool> padding;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    AffineExpr coordinate;
    bool padded;
    if (failed(linearize(access, group, op.getResultType().getShape(),
                         coordinate, padded)))
      return failure();
    coordinates.push_back(coordinate);
    padding.push_back(padded);
  }
  // A dimension that is in no group has one element.
  for (int64_t i = 0, e = access.padding.size(); i < e; ++i)
    if (coordinates.empty() && access.padding[i])
      return failure();
  access.source = op.getSrc();
  access.coordinates = std::move(coordinates);
  access.padding = std::move(padding);
  return success();
}

std::optional<int64_t> findSplitDim(ArrayRef<int64_t> group,
                                    ArrayRef<int64_t> shape) {
  std::optional<int64_t> large;
  for (int64_t dim : group) {
    if (shape[dim] == 1)
      continue;
    if (large)
      return std::nullopt;
    large = dim;
  }
  return large ? large : group.front();
}

static LogicalResult foldCollapse(Access &access, tensor::CollapseShapeOp op) {
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  MLIRContext *context = op.getContext();
  SmallVector<AffineExpr> coordinates(shape.size(),
                                      getAffineConstantExpr(0, context));
  SmallVector<bool> padding(shape.size(), false);
  for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
    std::optional<int64_t> dim = findSplitDim(group, shape);
    if (!dim)
      return failure();
    coordinates[*dim] = access.coordinates[i];
    padding[*dim] = access.padding[i];
  }
  access.source = op.getSrc();
  access.coordinates = std::move(coordinates);
  access.padding = std::move(padding);
  return success();
}

static LogicalResult foldProducer(Access &access) {
  Operation *op = access.source.getDefiningOp();
  if (!op)
    return failure();
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return foldPad(access, pad);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return foldSlice(access, slice);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return foldExpand(access, expand);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return foldCollapse(access, collapse);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return foldMap(access, linalgOp);
  return failure();
}

void foldMovement(Access &access) {
  while (Operation *op = access.source.getDefiningOp()) {
    if (failed(foldProducer(access)))
      return;
    access.locations.push_back(op->getLoc());
  }
}

//===----------------------------------------------------------------------===//
// Quantisation
//===----------------------------------------------------------------------===//

template <typename OpTy>
static std::optional<QuantizationParameters> getParametersOf(OpTy op) {
  if (op.getBlockSize() != 0)
    return std::nullopt;
  QuantizationParameters result;
  result.isUnsigned = op.getIsUnsigned();
  auto scales = readConstant(op.getScale());
  if (!scales || scales->empty())
    return std::nullopt;
  result.scales = std::move(*scales);
  result.zeroPoints = {0.0};
  if (Value zeroPoint = op.getZeroPoint()) {
    auto zeroPoints = readConstant(zeroPoint, result.isUnsigned);
    if (!zeroPoints || zeroPoints->empty())
      return std::nullopt;
    result.zeroPoints = std::move(*zeroPoints);
  }
  // A vector of equal elements is a scalar.
  for (SmallVector<double> *values : {&result.scales, &result.zeroPoints})
    if (llvm::all_equal(*values))
      values->truncate(1);
  int64_t rank = cast<RankedTensorType>(op.getInput().getType()).getRank();
  result.axis = op.getAxis() < 0 ? op.getAxis() + rank : op.getAxis();
  return result;
}

std::optional<QuantizationParameters> getParameters(ext::QuantizeOp op) {
  return getParametersOf(op);
}

std::optional<QuantizationParameters> getParameters(ext::DequantizeOp op) {
  return getParametersOf(op);
}

void foldMovementAndDequantize(Access &access) {
  foldMovement(access);
  if (access.dequantization)
    return;
  auto op = access.source.getDefiningOp<ext::DequantizeOp>();
  if (!op)
    return;
  auto parameters = getParameters(op);
  if (!parameters || !parameters->isPerTensor() || parameters->scales[0] == 0)
    return;
  Dequantization dequantization;
  dequantization.scale = parameters->scales[0];
  dequantization.zeroPoint = static_cast<int64_t>(parameters->zeroPoints[0]);
  dequantization.isUnsigned = parameters->isUnsigned;
  if (access.hasPadding()) {
    // Only the zero is sure to be a value of the quantised type.
    if (access.fill != 0.0)
      return;
    access.fill = static_cast<double>(dequantization.zeroPoint);
  }
  access.dequantization = dequantization;
  access.locations.push_back(op.getLoc());
  access.source = op.getInput();
  foldMovement(access);
}

} // namespace garam::npu
