//===- Scatter.cpp - Elements written at indices --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Several updates may go to one place, so they are made one after the other, in
// the order of memory. Those of a ScatterND with constant indices that count
// are parts of a concatenation. A single one of ScatterND, as a decoder writes
// into its cache, is a choice of each element between the data and the update,
// which needs no order.
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "Reductions.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// The position in the data of an update at a position.
using GetTarget =
    llvm::function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)>;

/// What an update makes of an element, by attribute `reduction`.
static Value combine(ImplicitLocOpBuilder &b, StringRef reduction,
                     bool isUnsigned, Value old, Value update) {
  bool hasFloats = isFloat(old.getType());
  if (reduction == "add" && hasFloats)
    return arith::AddFOp::create(b, old, update);
  if (reduction == "add")
    return arith::AddIOp::create(b, old, update);
  if (reduction == "mul" && hasFloats)
    return arith::MulFOp::create(b, old, update);
  if (reduction == "mul")
    return arith::MulIOp::create(b, old, update);
  SmallVector<Value, 2> pair{old, update};
  if (reduction == "max")
    return makeMaximum(b, isUnsigned, pair);
  if (reduction == "min")
    return makeMinimum(b, isUnsigned, pair);
  return update;
}

/// Inputs are the data, the indices and the updates.
static LogicalResult checkScatter(NodeAccessor &node) {
  StringRef reduction = node.getString("reduction", "none");
  if (!llvm::is_contained({"none", "add", "mul", "max", "min"}, reduction))
    return node.error() << "attribute 'reduction' is '" << reduction
                        << "', but none, add, mul, max or min is needed";
  if (failed(node.checkBounded(0, "a scatter")) ||
      failed(checkIndices(node, 1)))
    return failure();
  if (node.getElementType(2) != node.getElementType(0))
    return node.error() << "updates " << node.getInputType(2)
                        << " must hold what the data does, "
                        << node.getElementType(0)
                        << "; hint: convert them with a Cast";
  return success();
}

static LogicalResult reportMisfit(NodeAccessor &node, StringRef hint) {
  return node.error() << "indices " << node.getInputType(1) << " and updates "
                      << node.getInputType(2) << " do not fit the data, "
                      << node.getInputType(0) << "; hint: " << hint;
}

/// The sizes of the updates. Of the first `numOuter` dimensions, whose size may
/// show only at run time, those that indices are there for.
static Sizes getUpdateSizes(NodeAccessor &node, size_t numOuter) {
  ImplicitLocOpBuilder &b = node.b;
  Sizes sizes = getSizes(b, node.getInput(2));
  Sizes indexSizes = getSizes(b, node.getInput(1));
  for (size_t dim = 0; dim < numOuter; ++dim) {
    auto size = dyn_cast<Value>(sizes[dim]);
    auto indexSize = dyn_cast<Value>(indexSizes[dim]);
    if (!size || !indexSize)
      sizes[dim] = size ? indexSizes[dim] : sizes[dim];
    else
      sizes[dim] = arith::MinUIOp::create(b, size, indexSize).getResult();
  }
  return sizes;
}

static LogicalResult makeScatter(NodeAccessor &node, size_t numOuter,
                                 GetTarget getTarget) {
  StringRef reduction = node.getString("reduction", "none");
  bool isUnsigned = node.isUnsignedInput(0);
  Value updates = node.getInput(2);
  return node.setOutput(makeLoopNest(
      node.b, getUpdateSizes(node, numOuter), node.getInput(0),
      [&](ImplicitLocOpBuilder &b, ValueRange position, Value state) -> Value {
        Value update = tensor::ExtractOp::create(b, updates, position);
        SmallVector<Value> target = getTarget(b, position);
        if (reduction != "none") {
          Value old = tensor::ExtractOp::create(b, state, target);
          update = combine(b, reduction, isUnsigned, old, update);
        }
        return tensor::InsertOp::create(b, update, state, target);
      }));
}

static LogicalResult lowerScatterElements(NodeAccessor &node) {
  if (failed(checkScatter(node)))
    return failure();
  RankedTensorType type = node.getInputType(0);
  RankedTensorType indexType = node.getInputType(1);
  int64_t axis = node.getAxis("axis", 0, type.getRank());
  if (node.hasErrors())
    return failure();
  RankedTensorType updateType = node.getInputType(2);
  bool fits = indexType.getRank() == type.getRank() &&
              succeeded(verifyCompatibleShape(indexType, updateType));
  for (int64_t dim = 0; fits && dim < type.getRank(); ++dim)
    fits = dim == axis ||
           (indexType.isDynamicDim(dim)
                ? node.hasBoundedSizes()
                : type.isDynamicDim(dim) ||
                      indexType.getDimSize(dim) <= type.getDimSize(dim));
  if (!fits)
    return reportMisfit(
        node, "both have one shape of the data's rank, whose dimensions but "
              "that of the axis are known and at most the data's");
  Value indices = node.getInput(1);
  Sizes sizes = getSizes(node.b, node.getInput(0));
  auto getTarget = [&](ImplicitLocOpBuilder &b, ValueRange position) {
    SmallVector<Value> target(position);
    Value index = tensor::ExtractOp::create(b, indices, position);
    target[axis] = makeBoundedIndex(b, index, sizes[axis]);
    // Sizes of run time that do not fit lead nowhere else.
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (dim != axis &&
          (type.isDynamicDim(dim) || indexType.isDynamicDim(dim)))
        target[dim] = makeBoundedIndex(b, target[dim], sizes[dim]);
    return target;
  };
  return makeScatter(node, type.getRank(), getTarget);
}

/// A coordinate of an update, counted from the end when it is negative, and
/// clamped. In 32 bits, which all coordinates of a tensor fit that is not empty
/// and can be in a memory.
static Value makeBounded32(ImplicitLocOpBuilder &b, Value index, int64_t size) {
  Type i32 = b.getI32Type();
  auto constant = [&](int64_t value) { return makeScalar(b, i32, value); };
  if (index.getType().getIntOrFloatBitWidth() > 32)
    index = arith::TruncIOp::create(b, i32, index);
  else if (index.getType() != i32)
    index = arith::ExtSIOp::create(b, i32, index);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, constant(0));
  Value wrapped = arith::AddIOp::create(b, index, constant(size));
  index = arith::SelectOp::create(b, isNegative, wrapped, index);
  index = arith::MaxSIOp::create(b, index, constant(0));
  return arith::MinSIOp::create(b, index, constant(size - 1));
}

/// A ScatterND of one update, whose slice has the first `numIndexed` dimensions
/// of the data as its coordinates.
static LogicalResult makeSingleUpdate(NodeAccessor &node, size_t numIndexed) {
  ImplicitLocOpBuilder &b = node.b;
  StringRef reduction = node.getString("reduction", "none");
  bool isUnsigned = node.isUnsignedInput(0);
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  size_t rank = shape.size();
  AffineExpr zero = b.getAffineConstantExpr(0);
  SmallVector<Value> operands{node.getInput(0), node.getInput(2)};
  SmallVector<AffineExpr> slice(node.getInputType(1).getRank() - 1, zero);
  for (size_t dim = numIndexed; dim < rank; ++dim)
    slice.push_back(b.getAffineDimExpr(dim));
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank),
                              AffineMap::get(rank, 0, slice, b.getContext())};
  for (size_t dim = 0; dim < numIndexed; ++dim) {
    SmallVector<AffineExpr> coordinate(node.getInputType(1).getRank(), zero);
    coordinate.back() = b.getAffineConstantExpr(dim);
    operands.push_back(node.getInput(1));
    maps.push_back(AffineMap::get(rank, 0, coordinate, b.getContext()));
  }
  return node.setOutput(makePointwise(
      b, getStaticSizes(b, shape), node.getElementType(), operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value isUpdated;
        for (size_t dim = 0; dim < numIndexed; ++dim) {
          Value here = arith::IndexCastOp::create(
              b, b.getI32Type(), linalg::IndexOp::create(b, dim));
          Value isSame =
              arith::CmpIOp::create(b, arith::CmpIPredicate::eq, here,
                                    makeBounded32(b, s[2 + dim], shape[dim]));
          isUpdated =
              isUpdated ? arith::AndIOp::create(b, isUpdated, isSame) : isSame;
        }
        Value update = combine(b, reduction, isUnsigned, s[0], s[1]);
        return arith::SelectOp::create(b, isUpdated, update, s[0]);
      }));
}

/// Whether indices [.., 1, N] are of a single update of part of the data, all
/// of whose sizes fit 32 bits.
static bool isSingleUpdate(ArrayRef<int64_t> data, ArrayRef<int64_t> indices) {
  return indices.back() > 0 &&
         llvm::all_of(indices.drop_back(),
                      [](int64_t size) { return size == 1; }) &&
         llvm::all_of(data, [](int64_t size) {
           return size > 0 && size <= std::numeric_limits<int32_t>::max();
         });
}

namespace {
/// Neighbours in all dimensions of a tensor.
struct Block {
  SmallVector<int64_t> offsets, sizes;
};
} // namespace

/// The part of data of `shape` that constant indices go to, one after the other
/// and each once, as an assignment to a slice is exported; none otherwise.
static std::optional<Block>
matchBlock(NodeAccessor &node, ArrayRef<int64_t> shape, int64_t numIndexed) {
  std::optional<SmallVector<int64_t>> indices = node.getConstantInts(1);
  if (!indices || ShapedType::isDynamicShape(shape) ||
      node.getString("reduction", "none") != "none")
    return std::nullopt;
  ArrayRef<int64_t> outer = node.getInputType(1).getShape().drop_back();
  Block block{{}, SmallVector<int64_t>(shape)};
  block.offsets.assign(shape.size(), 0);
  // The dimensions of the indices are those of the block, in its order.
  size_t next = 0;
  auto skipSingle = [&] {
    while (next < outer.size() && outer[next] == 1)
      ++next;
  };
  for (int64_t dim = 0; dim < numIndexed; ++dim) {
    auto counted = matchCounted(outer, shape[dim], [&](int64_t position) {
      return (*indices)[position * numIndexed + dim];
    });
    if (!counted)
      return std::nullopt;
    skipSingle();
    block.offsets[dim] = counted->first;
    block.sizes[dim] = 1;
    if (next < outer.size() && counted->steps[next] == 1) {
      counted->steps[next] = 0;
      block.sizes[dim] = outer[next++];
    }
    if (llvm::any_of(counted->steps, [](int64_t step) { return step != 0; }))
      return std::nullopt;
  }
  skipSingle();
  return next == outer.size() ? std::optional(block) : std::nullopt;
}

/// `data` with `update` in the place of the block.
static Value makeBlockUpdate(ImplicitLocOpBuilder &b, Value data, Value update,
                             const Block &block) {
  auto shape = cast<RankedTensorType>(data.getType()).getShape();
  for (int64_t dim = shape.size(); dim-- > 0;) {
    int64_t begin = block.offsets[dim], end = begin + block.sizes[dim];
    // What is before and behind, as narrow as the block in outer dimensions.
    auto takeRest = [&](int64_t offset, int64_t size) {
      Value rest = makeSlice(b, data, dim, offset, size);
      for (int64_t outer = 0; outer < dim; ++outer)
        if (block.sizes[outer] != shape[outer])
          rest = makeSlice(b, rest, outer, block.offsets[outer],
                           block.sizes[outer]);
      return rest;
    };
    SmallVector<Value> parts;
    if (begin > 0)
      parts.push_back(takeRest(0, begin));
    parts.push_back(update);
    if (end < shape[dim])
      parts.push_back(takeRest(end, shape[dim] - end));
    if (parts.size() > 1)
      update = tensor::ConcatOp::create(b, dim, parts);
  }
  return update;
}

/// The last dimension of the indices holds the first coordinates of elements or
/// slices.
static LogicalResult lowerScatterND(NodeAccessor &node) {
  constexpr llvm::StringLiteral scatterNDHint =
      "the last dimension of the indices is known and at most the data's rank; "
      "the updates have the others, and behind them those of the data that are "
      "not indexed";
  if (failed(checkScatter(node)))
    return failure();
  ArrayRef<int64_t> data = node.getInputType(0).getShape();
  ArrayRef<int64_t> shape = node.getInputType(1).getShape();
  size_t numOuterDims = shape.empty() ? 0 : shape.size() - 1;
  size_t numIndexed = shape.empty() ? 0 : shape.back();
  if (shape.empty() || numIndexed > data.size())
    return reportMisfit(node, scatterNDHint);
  SmallVector<int64_t> expected(shape.drop_back());
  llvm::append_range(expected, data.drop_front(numIndexed));
  ArrayRef<int64_t> updates = node.getInputType(2).getShape();
  if (failed(verifyCompatibleShape(updates, expected)) ||
      (!node.hasBoundedSizes() &&
       llvm::is_contained(updates.drop_front(numOuterDims),
                          ShapedType::kDynamic)))
    return reportMisfit(node, scatterNDHint);
  if (std::optional<Block> block = matchBlock(node, data, numIndexed))
    if (Value update = makeReshape(node.b, node.getInput(2), block->sizes))
      return node.setOutput(
          makeBlockUpdate(node.b, node.getInput(0), update, *block));
  if (isSingleUpdate(data, shape))
    return makeSingleUpdate(node, numIndexed);
  Value indices = node.getInput(1);
  Sizes sizes = getSizes(node.b, node.getInput(0));
  auto getTarget = [&](ImplicitLocOpBuilder &b, ValueRange position) {
    SmallVector<Value> target;
    for (size_t i = 0; i < numIndexed; ++i) {
      SmallVector<Value> coordinate(position.take_front(numOuterDims));
      coordinate.push_back(arith::ConstantIndexOp::create(b, i));
      Value index = tensor::ExtractOp::create(b, indices, coordinate);
      target.push_back(makeBoundedIndex(b, index, sizes[i]));
    }
    llvm::append_range(target, position.drop_front(numOuterDims));
    // Sizes of run time that do not fit lead nowhere else.
    for (size_t dim = numIndexed; dim < data.size(); ++dim)
      if (ShapedType::isDynamic(data[dim]) ||
          ShapedType::isDynamic(updates[numOuterDims + dim - numIndexed]))
        target[dim] = makeBoundedIndex(b, target[dim], sizes[dim]);
    return target;
  };
  return makeScatter(node, numOuterDims, getTarget);
}

/// Writes the update of each sequence into its cache from an index on, which
/// starts again at the beginning in mode circular.
static LogicalResult lowerTensorScatter(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t axis = node.getAxis("axis", -2, type.getRank());
  if (node.hasErrors() || failed(node.checkStatic(0, "a scatter")) ||
      failed(node.checkStatic(1, "a scatter")))
    return failure();
  SmallVector<int64_t> expected(type.getShape());
  RankedTensorType updateType = node.getInputType(1);
  if (updateType.getRank() == type.getRank())
    expected[axis] = updateType.getDimSize(axis);
  if (axis == 0 || updateType != type.clone(expected))
    return node.error() << "the update " << updateType
                        << " does not fit the cache " << type
                        << "; hint: it has the cache's shape, but for the "
                           "dimension of the attribute 'axis', which is not 0";
  Value update = node.getInput(1), starts = node.getOptionalInput(2);
  bool isCircular = node.getString("mode", "linear") == "circular";
  return node.setOutput(makeLoopNest(
      b, updateType.getShape(), node.getInput(0),
      [&](ImplicitLocOpBuilder &b, ValueRange position, Value state) -> Value {
        Value element = tensor::ExtractOp::create(b, update, position);
        SmallVector<Value> target(position);
        int64_t size = type.getDimSize(axis);
        if (starts) {
          Value start = tensor::ExtractOp::create(b, starts, position.front());
          start = makeBoundedIndex(b, start, size);
          target[axis] = arith::AddIOp::create(b, target[axis], start);
        }
        if (isCircular)
          target[axis] = arith::RemUIOp::create(
              b, target[axis], arith::ConstantIndexOp::create(b, size));
        target[axis] = makeBoundedIndex(b, target[axis], size);
        return tensor::InsertOp::create(b, element, state, target);
      }));
}

void registerScatter(OperatorTable &table) {
  table.add("Scatter", 3, lowerScatterElements);
  table.add("ScatterElements", 3, lowerScatterElements);
  table.add("ScatterND", 3, lowerScatterND);
  table.add("TensorScatter", 2, lowerTensorScatter);
}

} // namespace garam::onnx
