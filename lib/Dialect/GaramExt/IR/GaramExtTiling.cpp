//===- GaramExtTiling.cpp - Tiles of garam_ext operations -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// TilingInterface and ReifyRankedShapedTypeOpInterface. The iteration space of
// every operation is its result: all loops are parallel, and a tile of one is
// the same tile of the other.
//
//===----------------------------------------------------------------------===//

#include "GaramExtTiling.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <numeric>

using namespace mlir;

namespace garam::ext {

namespace {
using Coordinates = SmallVector<OpFoldResult>;
} // namespace

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Takes over the dimensions of `type` that are static: operands and result
/// need only be compatible, and either may know more.
static Coordinates refineSizes(OpBuilder &b, Coordinates sizes,
                               RankedTensorType type) {
  for (auto [size, known] : llvm::zip_equal(sizes, type.getShape()))
    if (!ShapedType::isDynamic(known))
      size = b.getIndexAttr(known);
  return sizes;
}

template <typename OpTy>
static Coordinates getQuantizationSizes(OpTy op, OpBuilder &b) {
  return refineSizes(b, tensor::getMixedSizes(b, op.getLoc(), op.getInput()),
                     op.getResult().getType());
}

static Coordinates getResultSizes(QuantizeOp op, OpBuilder &b) {
  return getQuantizationSizes(op, b);
}

static Coordinates getResultSizes(DequantizeOp op, OpBuilder &b) {
  return getQuantizationSizes(op, b);
}

/// The dimensions of the input with those of the indices in place of `axis`.
static Coordinates getResultSizes(GatherOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  Coordinates sizes = tensor::getMixedSizes(b, loc, op.getInput());
  Coordinates indexSizes = tensor::getMixedSizes(b, loc, op.getIndices());
  auto *axis = sizes.erase(sizes.begin() + op.getAxis());
  sizes.insert(axis, indexSizes.begin(), indexSizes.end());
  return refineSizes(b, sizes, op.getResult().getType());
}

/// A dimension that the result's type leaves open must be a value, also when
/// an operand's type knows it.
template <typename OpTy>
static LogicalResult reifyShapes(OpTy op, OpBuilder &b,
                                 ReifiedRankedShapedTypeDims &shapes) {
  Coordinates sizes = getResultSizes(op, b);
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (op.getResult().getType().isDynamicDim(dim))
      size = getValueOrCreateConstantIndexOp(b, op.getLoc(), size);
  shapes.push_back(std::move(sizes));
  return success();
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

static tensor::ExtractSliceOp makeSlice(OpBuilder &b, Location loc,
                                        Value source,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes) {
  Coordinates strides(offsets.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, source, offsets, sizes,
                                        strides);
}

/// `op` on slices of its operands, with a result of `sizes`.
template <typename OpTy>
static TilingResult cloneOnTile(OpTy op, OpBuilder &b, ValueRange operands,
                                ArrayRef<OpFoldResult> sizes,
                                SmallVector<Operation *> slices) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  Type type = op.getResult().getType().clone(shape);
  Operation *tiled = clone(b, op.getOperation(), type, operands);
  return {{tiled}, {tiled->getResult(0)}, std::move(slices)};
}

//===----------------------------------------------------------------------===//
// Blocks of scales
//===----------------------------------------------------------------------===//

static int64_t getKnownDivisor(OpFoldResult value);

/// The greatest number that is known to divide `expr`; 0 for zero.
static int64_t getKnownDivisor(AffineExpr expr, unsigned numDims,
                               ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return getKnownDivisor(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return getKnownDivisor(operands[numDims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = getKnownDivisor(binary.getLHS(), numDims, operands);
  int64_t rhs = getKnownDivisor(binary.getRHS(), numDims, operands);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return std::gcd(lhs, rhs);
  case AffineExprKind::Mul:
    // One factor alone where the product overflows.
    return llvm::checkedMul(lhs, rhs).value_or(std::max(lhs, rhs));
  default:
    return 1;
  }
}

/// As above, of a size or an offset. An induction variable is a multiple of
/// what divides both its first value and its step.
static int64_t getKnownDivisor(OpFoldResult offset) {
  if (std::optional<int64_t> constant = getConstantIntValue(offset))
    return std::abs(*constant);
  auto value = cast<Value>(offset);
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>()) {
    AffineMap map = apply.getAffineMap();
    return getKnownDivisor(map.getResult(0), map.getNumDims(),
                           apply.getMapOperands());
  }
  auto argument = dyn_cast<BlockArgument>(value);
  auto loop = argument ? dyn_cast_or_null<LoopLikeOpInterface>(
                             argument.getOwner()->getParentOp())
                       : LoopLikeOpInterface();
  if (!loop)
    return 1;
  auto variables = loop.getLoopInductionVars();
  auto first = loop.getLoopLowerBounds();
  auto steps = loop.getLoopSteps();
  if (!variables || !first || !steps)
    return 1;
  for (auto [variable, begin, step] :
       llvm::zip_equal(*variables, *first, *steps))
    if (variable == value)
      return std::gcd(getKnownDivisor(begin), getKnownDivisor(step));
  return 1;
}

/// Whether the blocks of the elements [offset, offset + size), counted from
/// the first of them, are those of the whole: whether the tile begins where a
/// block does, or lies within one.
static bool fitsBlocks(OpFoldResult offset, OpFoldResult size,
                       int64_t blockSize) {
  int64_t divisor = std::gcd(getKnownDivisor(offset), blockSize);
  if (divisor == blockSize)
    return true;
  // The offset within a block is at most blockSize - divisor.
  FailureOr<int64_t> most = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, size, /*stopCondition=*/nullptr,
      /*closedUB=*/true);
  return succeeded(most) && *most <= divisor;
}

//===----------------------------------------------------------------------===//
// QuantizeOp, DequantizeOp
//===----------------------------------------------------------------------===//

/// Keeps of the tile of an input the tile of the scales of its elements.
template <typename OpTy>
static void projectToScales(OpTy op, OpBuilder &b, Coordinates &offsets,
                            Coordinates &sizes) {
  int64_t axis = op.getAxis(), blockSize = op.getBlockSize();
  if (blockSize == 0) {
    offsets = {offsets[axis]};
    sizes = {sizes[axis]};
    return;
  }
  AffineExpr dim = b.getAffineDimExpr(0);
  Location loc = op.getLoc();
  offsets[axis] = affine::makeComposedFoldedAffineApply(
      b, loc, dim.floorDiv(blockSize), offsets[axis]);
  sizes[axis] = affine::makeComposedFoldedAffineApply(
      b, loc, dim.ceilDiv(blockSize), sizes[axis]);
}

template <typename OpTy>
static FailureOr<TilingResult> tileQuantization(OpTy op, OpBuilder &b,
                                                ArrayRef<OpFoldResult> offsets,
                                                ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  bool isScalar = op.getScale().getType().getRank() == 0;
  if (!isScalar && op.getBlockSize() > 0 &&
      !fitsBlocks(offsets[op.getAxis()], sizes[op.getAxis()],
                  op.getBlockSize()))
    return failure();
  SmallVector<Operation *> slices{
      makeSlice(b, loc, op.getInput(), offsets, sizes)};
  SmallVector<Value> operands{slices.front()->getResult(0)};
  Coordinates scaleOffsets(offsets), scaleSizes(sizes);
  if (!isScalar)
    projectToScales(op, b, scaleOffsets, scaleSizes);
  for (Value operand : op->getOperands().drop_front()) {
    if (!isScalar) {
      slices.push_back(makeSlice(b, loc, operand, scaleOffsets, scaleSizes));
      operand = slices.back()->getResult(0);
    }
    operands.push_back(operand);
  }
  return cloneOnTile(op, b, operands, sizes, std::move(slices));
}

static FailureOr<TilingResult> makeTile(QuantizeOp op, OpBuilder &b,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes) {
  return tileQuantization(op, b, offsets, sizes);
}

static FailureOr<TilingResult> makeTile(DequantizeOp op, OpBuilder &b,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes) {
  return tileQuantization(op, b, offsets, sizes);
}

/// Where the input's elements go; scales have no tile of their own.
template <typename OpTy>
static LogicalResult
getTileFromOperand(OpTy op, OpBuilder &, unsigned operandNumber,
                   ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                   SmallVectorImpl<OpFoldResult> &resultOffsets,
                   SmallVectorImpl<OpFoldResult> &resultSizes) {
  if (operandNumber != op.getInputMutable().getOperandNumber())
    return failure();
  llvm::append_range(resultOffsets, offsets);
  llvm::append_range(resultSizes, sizes);
  return success();
}

//===----------------------------------------------------------------------===//
// GatherOp
//===----------------------------------------------------------------------===//

/// Any row may be asked for: the input keeps dimension `axis` whole, so that
/// indices mean the same.
static FailureOr<TilingResult> makeTile(GatherOp op, OpBuilder &b,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  int64_t axis = op.getAxis();
  int64_t numIndexDims = op.getIndices().getType().getRank();
  auto replaceIndexDims = [&](ArrayRef<OpFoldResult> tile, OpFoldResult whole) {
    Coordinates result(tile.take_front(axis));
    result.push_back(whole);
    llvm::append_range(result, tile.drop_front(axis + numIndexDims));
    return result;
  };
  OpFoldResult axisSize = tensor::getMixedSize(b, loc, op.getInput(), axis);
  SmallVector<Operation *> slices{makeSlice(
      b, loc, op.getInput(), replaceIndexDims(offsets, b.getIndexAttr(0)),
      replaceIndexDims(sizes, axisSize))};
  SmallVector<Value> operands{slices.front()->getResult(0), op.getIndices()};
  if (numIndexDims != 0) {
    slices.push_back(makeSlice(b, loc, op.getIndices(),
                               offsets.slice(axis, numIndexDims),
                               sizes.slice(axis, numIndexDims)));
    operands.back() = slices.back()->getResult(0);
  }
  return cloneOnTile(op, b, operands, sizes, std::move(slices));
}

/// A tile of the indices makes whole slices of the result. A tile of the input
/// makes a tile of the result if it has every row.
static LogicalResult
getTileFromOperand(GatherOp op, OpBuilder &b, unsigned operandNumber,
                   ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                   SmallVectorImpl<OpFoldResult> &resultOffsets,
                   SmallVectorImpl<OpFoldResult> &resultSizes) {
  int64_t axis = op.getAxis();
  int64_t numIndexDims = op.getIndices().getType().getRank();
  bool isInput = operandNumber == op.getInputMutable().getOperandNumber();
  if (isInput) {
    int64_t size = op.getInput().getType().getDimSize(axis);
    if (!isConstantIntValue(offsets[axis], 0) || ShapedType::isDynamic(size) ||
        !isConstantIntValue(sizes[axis], size))
      return failure();
  }
  llvm::append_range(resultSizes, getResultSizes(op, b));
  resultOffsets.assign(resultSizes.size(), b.getIndexAttr(0));
  for (auto dim : llvm::seq<int64_t>(0, resultSizes.size())) {
    bool isIndexDim = dim >= axis && dim < axis + numIndexDims;
    if (isIndexDim == isInput)
      continue;
    int64_t from = !isInput     ? dim - axis
                   : dim < axis ? dim
                                : dim - numIndexDims + 1;
    resultOffsets[dim] = offsets[from];
    resultSizes[dim] = sizes[from];
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Interfaces
//===----------------------------------------------------------------------===//

/// A tile of the iteration space from tiles of operands. Several operands
/// would have to agree on it, which is not looked into.
template <typename OpTy>
static LogicalResult
getTileFromOperands(OpTy op, OpBuilder &b, ArrayRef<unsigned> operandNumbers,
                    ArrayRef<Coordinates> offsets, ArrayRef<Coordinates> sizes,
                    SmallVectorImpl<OpFoldResult> &resultOffsets,
                    SmallVectorImpl<OpFoldResult> &resultSizes) {
  if (operandNumbers.size() != 1)
    return failure();
  return getTileFromOperand(op, b, operandNumbers.front(), offsets.front(),
                            sizes.front(), resultOffsets, resultSizes);
}

namespace {

template <typename OpTy>
struct ReifyModel
    : ReifyRankedShapedTypeOpInterface::ExternalModel<ReifyModel<OpTy>, OpTy> {
  LogicalResult reifyResultShapes(Operation *op, OpBuilder &b,
                                  ReifiedRankedShapedTypeDims &shapes) const {
    return reifyShapes(cast<OpTy>(op), b, shapes);
  }
};

template <typename OpTy>
struct TilingModel : TilingInterface::ExternalModel<TilingModel<OpTy>, OpTy> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    return SmallVector<utils::IteratorType>(
        cast<OpTy>(op).getResult().getType().getRank(),
        utils::IteratorType::parallel);
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    SmallVector<Range> domain;
    for (OpFoldResult size : getResultSizes(cast<OpTy>(op), b))
      domain.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
    return domain;
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *op, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    return makeTile(cast<OpTy>(op), b, offsets, sizes);
  }

  LogicalResult getResultTilePosition(Operation *, OpBuilder &, unsigned,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes,
                                      Coordinates &resultOffsets,
                                      Coordinates &resultSizes) const {
    resultOffsets.assign(offsets.begin(), offsets.end());
    resultSizes.assign(sizes.begin(), sizes.end());
    return success();
  }

  LogicalResult getIterationDomainTileFromResultTile(
      Operation *, OpBuilder &, unsigned, ArrayRef<OpFoldResult> offsets,
      ArrayRef<OpFoldResult> sizes,
      SmallVectorImpl<OpFoldResult> &domainOffsets,
      SmallVectorImpl<OpFoldResult> &domainSizes) const {
    domainOffsets.assign(offsets.begin(), offsets.end());
    domainSizes.assign(sizes.begin(), sizes.end());
    return success();
  }

  FailureOr<TilingResult>
  generateResultTileValue(Operation *op, OpBuilder &b, unsigned,
                          ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes) const {
    return makeTile(cast<OpTy>(op), b, offsets, sizes);
  }

  LogicalResult getIterationDomainTileFromOperandTiles(
      Operation *op, OpBuilder &b, ArrayRef<unsigned> operandNumbers,
      ArrayRef<Coordinates> offsets, ArrayRef<Coordinates> sizes,
      SmallVectorImpl<OpFoldResult> &domainOffsets,
      SmallVectorImpl<OpFoldResult> &domainSizes) const {
    return getTileFromOperands(cast<OpTy>(op), b, operandNumbers, offsets,
                               sizes, domainOffsets, domainSizes);
  }

  FailureOr<TilingResult> getTiledImplementationFromOperandTiles(
      Operation *op, OpBuilder &b, ArrayRef<unsigned> operandNumbers,
      ArrayRef<Coordinates> offsets, ArrayRef<Coordinates> sizes) const {
    Coordinates domainOffsets, domainSizes;
    if (failed(getIterationDomainTileFromOperandTiles(
            op, b, operandNumbers, offsets, sizes, domainOffsets, domainSizes)))
      return failure();
    return makeTile(cast<OpTy>(op), b, domainOffsets, domainSizes);
  }
};

template <typename... OpTy>
void attachModels(MLIRContext &context) {
  (OpTy::template attachInterface<ReifyModel<OpTy>, TilingModel<OpTy>>(context),
   ...);
}

} // namespace

void attachTilingInterfaces(MLIRContext &context) {
  attachModels<DequantizeOp, GatherOp, QuantizeOp>(context);
}

} // namespace garam::ext
