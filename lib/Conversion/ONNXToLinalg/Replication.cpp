//===- Replication.cpp - Expand, Tile, and blocks of channels -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

static Value copyElement(ImplicitLocOpBuilder &, ValueRange s) { return s[0]; }

/// A shape that is computed at run time is that of the output, where it is
/// known.
static FailureOr<SmallVector<int64_t>> getExpandedShape(NodeAccessor &node) {
  RankedTensorType type = node.getStaticOutputType();
  if (type && !node.getConstantInts(1))
    return llvm::to_vector(type.getShape());
  return node.requireConstantInts(1, "shape");
}

/// An Expand to sizes of run time. That those which do not broadcast are equal
/// is checked when all sizes are known.
static LogicalResult expandTo(NodeAccessor &node, Sizes sizes) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  Sizes inputSizes = getSizes(b, node.getInput(0));
  int64_t rank = std::max<int64_t>(type.getRank(), sizes.size());
  sizes.insert(sizes.begin(), rank - sizes.size(), b.getIndexAttr(1));
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = rank - type.getRank(); dim < rank; ++dim) {
    OpFoldResult input = inputSizes[dim - (rank - type.getRank())];
    bool repeats =
        getConstantIntValue(input) == 1 && getConstantIntValue(sizes[dim]) != 1;
    coordinates.push_back(repeats ? b.getAffineConstantExpr(0)
                                  : b.getAffineDimExpr(dim));
    if (getConstantIntValue(sizes[dim]) == 1)
      sizes[dim] = input;
  }
  AffineMap map = AffineMap::get(rank, 0, coordinates, b.getContext());
  return node.setOutput(makePointwise(b, sizes, type.getElementType(),
                                      node.getInput(0), map, copyElement));
}

static LogicalResult lowerExpand(NodeAccessor &node) {
  if (std::optional<Sizes> sizes = node.getComputedSizes(1))
    return expandTo(node, std::move(*sizes));
  ImplicitLocOpBuilder &b = node.b;
  FailureOr<SmallVector<int64_t>> shape = getExpandedShape(node);
  if (failed(shape))
    return failure();
  RankedTensorType type = node.getInputType(0);
  int64_t rank = std::max<int64_t>(type.getRank(), shape->size());
  Sizes inputSizes = getSizes(b, node.getInput(0));
  Sizes sizes;
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t inputDim = dim - (rank - type.getRank());
    int64_t shapeDim = dim - (rank - static_cast<int64_t>(shape->size()));
    int64_t input = inputDim < 0 ? 1 : type.getDimSize(inputDim);
    int64_t wanted = shapeDim < 0 ? 1 : (*shape)[shapeDim];
    if (wanted < 0 || (wanted != 1 && input != 1 && wanted != input &&
                       !ShapedType::isDynamic(input)))
      return node.error() << type << " does not broadcast to size " << wanted
                          << " in dimension " << dim;
    bool repeats = input == 1 && wanted != 1;
    if (inputDim >= 0)
      coordinates.push_back(repeats ? b.getAffineConstantExpr(0)
                                    : b.getAffineDimExpr(dim));
    // A dynamic size must be the wanted one: if it was 1, it would repeat.
    bool keeps = !repeats && inputDim >= 0 &&
                 !(ShapedType::isDynamic(input) && wanted != 1);
    sizes.push_back(keeps ? inputSizes[inputDim] : b.getIndexAttr(wanted));
  }
  if (rank == type.getRank() && getSizes(b, node.getInput(0)) == sizes)
    return node.setOutput(node.getInput(0));
  AffineMap map = AffineMap::get(rank, 0, coordinates, b.getContext());
  return node.setOutput(makePointwise(b, sizes, type.getElementType(),
                                      node.getInput(0), map, copyElement));
}

/// Repeats that are computed at run time follow from the shapes of input and
/// output, where they are known.
static FailureOr<SmallVector<int64_t>> getRepeats(NodeAccessor &node) {
  RankedTensorType type = node.getStaticOutputType();
  ArrayRef<int64_t> input = node.getInputType(0).getShape();
  if (!type || node.getConstantInts(1) ||
      type.getRank() != static_cast<int64_t>(input.size()))
    return node.requireConstantInts(1, "repeats");
  SmallVector<int64_t> repeats;
  for (auto [size, tiled] : llvm::zip_equal(input, type.getShape())) {
    if (ShapedType::isDynamic(size) || (size == 0 ? tiled : tiled % size) != 0)
      return node.requireConstantInts(1, "repeats");
    repeats.push_back(size == 0 ? 1 : tiled / size);
  }
  return repeats;
}

/// Repeats along a new dimension in front of each one, then collapses both.
static LogicalResult lowerTile(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  FailureOr<SmallVector<int64_t>> repeats = getRepeats(node);
  if (failed(repeats))
    return failure();
  RankedTensorType type = node.getInputType(0);
  if (static_cast<int64_t>(repeats->size()) != type.getRank())
    return node.error() << "input 1 ('repeats') has " << repeats->size()
                        << " values, but " << type.getRank()
                        << " are needed for " << type;
  Sizes inputSizes = getSizes(b, node.getInput(0));
  Sizes sizes;
  SmallVector<AffineExpr> coordinates;
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups;
  for (auto [dim, count] : llvm::enumerate(*repeats)) {
    int64_t size = type.getDimSize(dim), product = size;
    if (count < 0 || (!ShapedType::isDynamic(size) &&
                      llvm::MulOverflow(size, count, product)))
      return node.error() << "cannot repeat dimension " << dim << " of " << type
                          << " " << count << " times";
    groups.emplace_back();
    if (count != 1) {
      groups.back().push_back(sizes.size());
      sizes.push_back(b.getIndexAttr(count));
    }
    groups.back().push_back(sizes.size());
    coordinates.push_back(b.getAffineDimExpr(sizes.size()));
    sizes.push_back(inputSizes[dim]);
    shape.push_back(product);
  }
  AffineMap map = AffineMap::get(sizes.size(), 0, coordinates, b.getContext());
  Value tiled = makePointwise(b, sizes, type.getElementType(), node.getInput(0),
                              map, copyElement);
  if (type.hasStaticShape())
    return node.setOutput(makeReshape(b, tiled, shape));
  return node.setOutput(tensor::CollapseShapeOp::create(b, tiled, groups));
}

//===----------------------------------------------------------------------===//
// DepthToSpace, SpaceToDepth
//===----------------------------------------------------------------------===//

static FailureOr<int64_t> getBlockSize(NodeAccessor &node) {
  int64_t block = node.getInt("blocksize", 0);
  if (failed(node.checkRank(0, 4, 4)))
    return failure();
  if (failed(node.checkStaticDim(0, 1, "a rearrangement of blocks")))
    return failure();
  constexpr int64_t most = 1 << 15; // of which a square is no overflow
  if (block < 1 || block > most)
    return node.error() << "attribute 'blocksize' is " << block
                        << ", but a number from 1 to " << most << " is needed";
  return block;
}

/// The dimensions of [N, C, H, W] in that tensor with blocks of height and of
/// width: [N, C, H, block, W, block].
static SmallVector<ReassociationIndices> getBlockGroups() {
  return {{0}, {1}, {2, 3}, {4, 5}};
}

static LogicalResult lowerDepthToSpace(NodeAccessor &node) {
  FailureOr<int64_t> blockSize = getBlockSize(node);
  if (failed(blockSize))
    return failure();
  int64_t block = *blockSize;
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  int64_t n = shape[0], c = shape[1], h = shape[2], w = shape[3];
  if (block > c || c % (block * block) != 0)
    return node.error() << "the " << c << " channels of "
                        << node.getInputType(0)
                        << " do not divide into blocks of " << block << " x "
                        << block;
  int64_t channels = c / (block * block);
  StringRef mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.error() << "attribute 'mode' is '" << mode
                        << "', but DCR or CRD is needed";
  ImplicitLocOpBuilder &b = node.b;
  bool depthFirst = mode == "DCR";
  Value split =
      depthFirst
          ? makeReshape(b, node.getInput(0), {n, block, block, channels, h, w})
          : makeReshape(b, node.getInput(0), {n, channels, block, block, h, w});
  Value moved = depthFirst ? makeTranspose(b, split, {0, 3, 4, 1, 5, 2})
                           : makeTranspose(b, split, {0, 1, 4, 2, 5, 3});
  return node.setOutput(
      tensor::CollapseShapeOp::create(b, moved, getBlockGroups()));
}

/// The rows and columns of [N, C, H, W] that make whole blocks, which are all
/// where a size is known. ONNX defines nothing for sizes of run time that
/// blocks do not divide.
static Value makeWholeBlocks(ImplicitLocOpBuilder &b, Value input,
                             int64_t block) {
  auto type = cast<RankedTensorType>(input.getType());
  if (!type.isDynamicDim(2) && !type.isDynamicDim(3))
    return input;
  Sizes sizes = getSizes(b, input);
  AffineExpr size = b.getAffineSymbolExpr(0);
  for (int64_t dim : {2, 3})
    if (type.isDynamicDim(dim))
      sizes[dim] = affine::makeComposedFoldedAffineApply(
          b, b.getLoc(), size.floorDiv(block) * block, sizes[dim]);
  SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0)),
      ones(sizes.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, type, input, zeros, sizes, ones);
}

static LogicalResult lowerSpaceToDepth(NodeAccessor &node) {
  FailureOr<int64_t> blockSize = getBlockSize(node);
  if (failed(blockSize))
    return failure();
  int64_t block = *blockSize;
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  int64_t n = shape[0], c = shape[1], h = shape[2], w = shape[3];
  auto fits = [&](int64_t size) {
    return ShapedType::isDynamic(size) || size % block == 0;
  };
  if (!fits(h) || !fits(w))
    return node.error() << node.getInputType(0)
                        << " does not divide into blocks of " << block << " x "
                        << block;
  ImplicitLocOpBuilder &b = node.b;
  auto divide = [&](int64_t size) {
    return ShapedType::isDynamic(size) ? size : size / block;
  };
  Value split = tensor::ExpandShapeOp::create(
      b, node.getInputType(0).clone({n, c, divide(h), block, divide(w), block}),
      makeWholeBlocks(b, node.getInput(0), block), getBlockGroups());
  Value moved = makeTranspose(b, split, {0, 3, 5, 1, 2, 4});
  return node.setOutput(
      makeReshape(b, moved, {n, c * block * block, divide(h), divide(w)}));
}

void registerReplication(OperatorTable &table) {
  table.add("DepthToSpace", 1, lowerDepthToSpace);
  table.add("Expand", 2, lowerExpand);
  table.add("SpaceToDepth", 1, lowerSpaceToDepth);
  table.add("Tile", 2, lowerTile);
}

} // namespace garam::onnx
