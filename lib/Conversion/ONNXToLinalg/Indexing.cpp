//===- Indexing.cpp - Elements chosen by indices --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A Gather of slices is garam_ext.gather; what chooses single elements is a
// linalg.generic over the result that extracts each one. Tables of indices that
// only count, as exporters write them for masks and relative positions, become
// the map that the input is read through, and nothing is indexed.
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace garam::onnx {

/// The last position of a dimension; 0 of an empty one.
static Value getLast(ImplicitLocOpBuilder &b, OpFoldResult size) {
  if (std::optional<int64_t> known = getConstantIntValue(size))
    return arith::ConstantIndexOp::create(b, std::max<int64_t>(*known, 1) - 1);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value atLeastOne = arith::MaxSIOp::create(b, cast<Value>(size), one);
  return arith::SubIOp::create(b, atLeastOne, one);
}

Value makeBoundedIndex(ImplicitLocOpBuilder &b, Value index,
                       OpFoldResult size) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value end = getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
  Value last = getLast(b, size);
  if (!index.getType().isIndex())
    index = arith::IndexCastOp::create(b, b.getIndexType(), index);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = arith::AddIOp::create(b, index, end);
  index = arith::SelectOp::create(b, isNegative, wrapped, index);
  index = arith::MaxSIOp::create(b, index, zero);
  return arith::MinSIOp::create(b, index, last);
}

Value makeBoundedIndex(ImplicitLocOpBuilder &b, Value index, int64_t size) {
  return makeBoundedIndex(b, index, OpFoldResult(b.getIndexAttr(size)));
}

LogicalResult checkIndices(NodeAccessor &node, unsigned index) {
  if (node.getElementType(index).isInteger())
    return success();
  return node.error() << "input " << index << " ('indices') is "
                      << node.getInputType(index)
                      << ", but integers are needed";
}

/// A Gather with one constant index is a slice.
static std::optional<int64_t> getSingleIndex(NodeAccessor &node, int64_t size) {
  RankedTensorType indices = node.getInputType(1);
  if (ShapedType::isDynamic(size) || !indices.hasStaticShape() ||
      indices.getNumElements() != 1)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(1);
  if (!constant)
    return std::nullopt;
  int64_t index = constant->front();
  return index < 0 ? index + size : index;
}

static LogicalResult lowerGather(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t axis = node.getAxis("axis", 0, type.getRank());
  if (node.hasErrors())
    return failure();
  if (failed(checkIndices(node, 1)))
    return failure();
  std::optional<int64_t> index = getSingleIndex(node, type.getDimSize(axis));
  if (!index)
    return node.setOutput(
        ext::GatherOp::create(b, node.getInput(0), node.getInput(1), axis));
  if (*index < 0 || *index >= type.getDimSize(axis))
    return node.error() << "the index is outside of dimension " << axis
                        << " of " << type;
  Value slice = makeSlice(b, node.getInput(0), axis, *index, 1);
  SmallVector<int64_t> shape(type.getShape().take_front(axis));
  llvm::append_range(shape, node.getInputType(1).getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  return node.setOutput(makeReshape(b, slice, shape));
}

std::optional<CountedIndices>
matchCounted(ArrayRef<int64_t> shape, int64_t size,
             llvm::function_ref<int64_t(int64_t)> indexAt) {
  int64_t count = ShapedType::getNumElements(shape);
  auto wrap = [&](int64_t position) {
    int64_t index = indexAt(position);
    return index < 0 ? index + size : index;
  };
  if (count == 0)
    return std::nullopt;
  CountedIndices result{wrap(0), {}};
  SmallVector<int64_t> strides = computeStrides(shape);
  for (auto [stride, extent] : llvm::zip(strides, shape))
    result.steps.push_back(extent > 1 ? wrap(stride) - result.first : 0);
  for (int64_t position = 0; position < count; ++position) {
    int64_t expected = result.first, rest = position;
    for (auto [stride, step] : llvm::zip(strides, result.steps)) {
      expected += rest / stride * step;
      rest %= stride;
    }
    if (wrap(position) != expected || expected < 0 || expected >= size)
      return std::nullopt;
  }
  return result;
}

/// The same as a function of the dimensions; null for none.
static AffineExpr getExpr(ImplicitLocOpBuilder &b,
                          const std::optional<CountedIndices> &indices) {
  if (!indices)
    return {};
  AffineExpr result = b.getAffineConstantExpr(indices->first);
  for (auto [dim, step] : llvm::enumerate(indices->steps))
    result = result + b.getAffineDimExpr(dim) * step;
  return result;
}

/// `data` read through a map of the positions of `shape`.
static Value makeMoved(ImplicitLocOpBuilder &b, Value data,
                       ArrayRef<int64_t> shape,
                       ArrayRef<AffineExpr> coordinates) {
  AffineMap map = AffineMap::get(shape.size(), 0, coordinates, b.getContext());
  return makePointwise(
      b, getStaticSizes(b, shape), getElementTypeOrSelf(data), data, map,
      [](ImplicitLocOpBuilder &, ValueRange s) { return s.front(); });
}

/// A GatherElements whose indices are constants that count; null otherwise.
static Value makeCountedElements(NodeAccessor &node, int64_t axis) {
  ImplicitLocOpBuilder &b = node.b;
  std::optional<SmallVector<int64_t>> indices = node.getConstantInts(1);
  if (!indices)
    return {};
  ArrayRef<int64_t> shape = node.getInputType(1).getShape();
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0, rank = shape.size(); dim < rank; ++dim)
    coordinates.push_back(
        dim != axis
            ? b.getAffineDimExpr(dim)
            : getExpr(b,
                      matchCounted(shape, node.getInputType(0).getDimSize(dim),
                                   [&](int64_t i) { return (*indices)[i]; })));
  if (!coordinates[axis])
    return {};
  return makeMoved(b, node.getInput(0), shape, coordinates);
}

/// The position along loop `loop` in a dimension of `size`. Where the two need
/// not be equally long, since one shows at run time, it ends with the
/// dimension.
static Value makePosition(ImplicitLocOpBuilder &b, int64_t loop,
                          OpFoldResult size, bool isFixed) {
  Value position = linalg::IndexOp::create(b, loop);
  if (isFixed && getConstantIntValue(size))
    return position;
  return arith::MinUIOp::create(b, position, getLast(b, size));
}

static LogicalResult lowerGatherElements(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  RankedTensorType indexType = node.getInputType(1);
  int64_t rank = type.getRank();
  int64_t axis = node.getAxis("axis", 0, rank);
  if (node.hasErrors() || failed(checkIndices(node, 1)) ||
      failed(node.checkRank(1, rank, rank)))
    return failure();
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != axis && !indexType.isDynamicDim(dim) &&
        !type.isDynamicDim(dim) &&
        indexType.getDimSize(dim) > type.getDimSize(dim))
      return node.error() << "indices " << indexType << " do not fit " << type;
  if (type.hasStaticShape())
    if (Value moved = makeCountedElements(node, axis))
      return node.setOutput(moved);
  Value data = node.getInput(0), indices = node.getInput(1);
  Sizes dataSizes = getSizes(b, data);
  return node.setOutput(makePointwise(
      b, getSizes(b, indices), type.getElementType(), indices,
      b.getMultiDimIdentityMap(rank),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        SmallVector<Value> coordinates;
        for (int64_t dim = 0; dim < rank; ++dim)
          coordinates.push_back(
              dim == axis ? makeBoundedIndex(b, s[0], dataSizes[dim])
                          : makePosition(b, dim, dataSizes[dim],
                                         !indexType.isDynamicDim(dim)));
        return tensor::ExtractOp::create(b, data, coordinates);
      }));
}

/// A GatherND to `shape` whose `numIndexed` coordinates are constants that
/// count; null otherwise.
static Value makeCountedND(NodeAccessor &node, ArrayRef<int64_t> shape,
                           int64_t numBatchDims, int64_t numIndexed) {
  ImplicitLocOpBuilder &b = node.b;
  std::optional<SmallVector<int64_t>> indices = node.getConstantInts(1);
  if (!indices)
    return {};
  RankedTensorType type = node.getInputType(0);
  ArrayRef<int64_t> outer = node.getInputType(1).getShape().drop_back();
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t i = dim - numBatchDims;
    bool isIndexed = i >= 0 && i < numIndexed;
    AffineExpr coordinate =
        isIndexed
            ? getExpr(b, matchCounted(
                             outer, type.getDimSize(dim),
                             [&](int64_t position) {
                               return (*indices)[position * numIndexed + i];
                             }))
            : b.getAffineDimExpr(
                  i < 0 ? dim : int64_t(outer.size()) + i - numIndexed);
    if (!coordinate)
      return {};
    coordinates.push_back(coordinate);
  }
  return makeMoved(b, node.getInput(0), shape, coordinates);
}

/// The last dimension of the indices holds coordinates behind `batch_dims`
/// dimensions; what they leave open is taken whole.
static LogicalResult lowerGatherND(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  RankedTensorType indexType = node.getInputType(1);
  int64_t numBatchDims = node.getInt("batch_dims", 0);
  int64_t rank = type.getRank(), numOuterDims = indexType.getRank() - 1;
  if (failed(checkIndices(node, 1)) ||
      (numOuterDims >= 0 &&
       failed(node.checkStaticDim(1, numOuterDims, "indexed access"))))
    return failure();
  int64_t numIndexed =
      numOuterDims < 0 ? 0 : indexType.getDimSize(numOuterDims);
  if (numBatchDims < 0 || numBatchDims > numOuterDims ||
      numBatchDims + numIndexed > rank ||
      failed(
          verifyCompatibleShape(indexType.getShape().take_front(numBatchDims),
                                type.getShape().take_front(numBatchDims))))
    return node.error() << "indices " << indexType << " do not fit " << type
                        << " with " << numBatchDims << " batch dimensions";
  SmallVector<int64_t> shape(indexType.getShape().drop_back());
  llvm::append_range(shape,
                     type.getShape().drop_front(numBatchDims + numIndexed));
  if (indexType.hasStaticShape() && type.hasStaticShape())
    if (Value moved = makeCountedND(node, shape, numBatchDims, numIndexed))
      return node.setOutput(moved);
  Sizes sizes = getSizes(b, node.getInput(1));
  sizes.resize(std::max<int64_t>(numOuterDims, 0));
  Sizes dataSizes = getSizes(b, node.getInput(0));
  llvm::append_range(sizes,
                     ArrayRef(dataSizes).drop_front(numBatchDims + numIndexed));
  int64_t resultRank = sizes.size();
  SmallVector<AffineMap> maps;
  for (int64_t i = 0; i < numIndexed; ++i) {
    SmallVector<AffineExpr> coordinates;
    for (int64_t dim = 0; dim < numOuterDims; ++dim)
      coordinates.push_back(b.getAffineDimExpr(dim));
    coordinates.push_back(b.getAffineConstantExpr(i));
    maps.push_back(AffineMap::get(resultRank, 0, coordinates, b.getContext()));
  }
  Value data = node.getInput(0);
  SmallVector<Value> operands(numIndexed, node.getInput(1));
  return node.setOutput(makePointwise(
      b, sizes, type.getElementType(), operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        SmallVector<Value> coordinates;
        for (int64_t dim = 0; dim < rank; ++dim) {
          int64_t i = dim - numBatchDims;
          if (i >= 0 && i < numIndexed)
            coordinates.push_back(makeBoundedIndex(b, s[i], dataSizes[dim]));
          else if (i < 0)
            coordinates.push_back(makePosition(b, dim, dataSizes[dim],
                                               !indexType.isDynamicDim(dim)));
          else
            coordinates.push_back(
                linalg::IndexOp::create(b, numOuterDims + i - numIndexed));
        }
        return tensor::ExtractOp::create(b, data, coordinates);
      }));
}

/// The first `sequence_lens` elements of each sequence backwards.
static LogicalResult lowerReverseSequence(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t rank = type.getRank();
  int64_t timeAxis = node.getAxis("time_axis", 0, rank);
  int64_t batchAxis = node.getAxis("batch_axis", 1, rank);
  if (node.hasErrors() || failed(checkIndices(node, 1)) ||
      failed(node.checkRank(1, 1, 1)) ||
      failed(node.checkStatic(0, "a reversal")))
    return failure();
  if (timeAxis == batchAxis ||
      node.getInputType(1).getDimSize(0) != type.getDimSize(batchAxis))
    return node.error() << "a length for each of the sequences of " << type
                        << " along dimension " << timeAxis << " is needed, but "
                        << node.getInputType(1) << " is given";
  Value data = node.getInput(0);
  return node.setOutput(makePointwise(
      b, getSizes(b, data), type.getElementType(), node.getInput(1),
      getAxisMap(b.getContext(), rank, batchAxis),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        SmallVector<Value> coordinates;
        for (int64_t dim = 0; dim < rank; ++dim)
          coordinates.push_back(linalg::IndexOp::create(b, dim));
        Value time = coordinates[timeAxis];
        Value length = arith::IndexCastOp::create(b, b.getIndexType(), s[0]);
        Value one = arith::ConstantIndexOp::create(b, 1);
        Value last = arith::SubIOp::create(b, length, one);
        Value mirrored = arith::SubIOp::create(b, last, time);
        Value isReversed =
            arith::CmpIOp::create(b, arith::CmpIPredicate::slt, time, length);
        Value source = arith::SelectOp::create(b, isReversed, mirrored, time);
        coordinates[timeAxis] =
            makeBoundedIndex(b, source, type.getDimSize(timeAxis));
        return tensor::ExtractOp::create(b, data, coordinates);
      }));
}

void registerIndexing(OperatorTable &table) {
  table.add("Gather", 2, lowerGather);
  table.add("GatherElements", 2, lowerGatherElements);
  table.add("GatherND", 2, lowerGatherND);
  table.add("ReverseSequence", 2, lowerReverseSequence);
}

} // namespace garam::onnx
