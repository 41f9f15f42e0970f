//===- ConcatSplit.cpp - Concat, Split and Slice --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ComputedOperands.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

static LogicalResult lowerConcat(NodeAccessor &node) {
  int64_t axis = node.getAxis("axis", 1, node.getRank());
  if (node.hasErrors())
    return failure();
  RankedTensorType first = node.getInputType(0);
  SmallVector<Value> parts;
  for (unsigned i = 0; i < node.getNumInputs(); ++i) {
    if (!node.hasInput(i))
      return node.error() << "input " << i << " is left out";
    RankedTensorType type = node.getInputType(i);
    SmallVector<int64_t> expected(first.getShape());
    if (type.getRank() == first.getRank())
      expected[axis] = type.getDimSize(axis);
    if (type.getElementType() != first.getElementType() ||
        failed(verifyCompatibleShape(type.getShape(), expected)))
      return node.error() << "input " << i << " is " << type
                          << ", which differs from " << first
                          << " in more than dimension " << axis;
    if (type.getDimSize(axis) != 0)
      parts.push_back(node.getInput(i));
  }
  if (parts.empty())
    return node.setOutput(node.getInput(0));
  if (parts.size() == 1)
    return node.setOutput(parts.front());
  return node.setOutput(tensor::ConcatOp::create(node.b, axis, parts));
}

//===----------------------------------------------------------------------===//
// Split
//===----------------------------------------------------------------------===//

/// The sizes of the parts: input 1 (opset 13), the attribute (before), or
/// equal ones, the last of which may be smaller (opset 18).
static FailureOr<SmallVector<int64_t>> getSplitSizes(NodeAccessor &node,
                                                     int64_t axis) {
  int64_t size = node.getInputType(0).getDimSize(axis);
  SmallVector<int64_t> sizes;
  int64_t count = node.getNumOutputs();
  if (node.hasInput(1) && !node.getConstantInts(1)) {
    // Computed at run time, but the outputs may be known.
    for (int64_t i = 0; i < count; ++i) {
      RankedTensorType type = node.getStaticOutputType(i);
      if (!type || axis >= type.getRank())
        return failure(failed(node.requireConstantInts(1, "split")));
      sizes.push_back(type.getDimSize(axis));
    }
  } else if (auto constant = node.getConstantInts(1)) {
    sizes = std::move(*constant);
  } else if (auto attribute = node.getInts("split")) {
    sizes = std::move(*attribute);
  } else if (ShapedType::isDynamic(size)) {
    return failure(failed(node.checkStaticDim(0, axis, "a split")));
  } else {
    int64_t part = (size + count - 1) / count;
    for (int64_t i = 0, rest = size; i < count; ++i, rest -= part)
      sizes.push_back(std::max<int64_t>(0, std::min(part, rest)));
  }
  int64_t sum = 0;
  for (int64_t part : sizes) {
    if (part < 0 || (!ShapedType::isDynamic(size) && part > size - sum))
      return node.error() << "the parts exceed the size " << size
                          << " of the dimension that is split";
    sum += part;
  }
  // That parts make up a size of run time is the model's to say.
  if (ShapedType::isDynamic(size))
    size = sum;
  if (static_cast<int64_t>(sizes.size()) != count || sum != size)
    return node.error() << "the node has " << count << " outputs, but "
                        << sizes.size() << " parts with " << sum << " of "
                        << size << " elements are given";
  return sizes;
}

/// A Split along a dimension of run time, whose parts fill it.
static LogicalResult splitAtRunTime(NodeAccessor &node, int64_t axis,
                                    ArrayRef<OpFoldResult> parts) {
  ImplicitLocOpBuilder &b = node.b;
  Sizes offsets(node.getRank(), b.getIndexAttr(0));
  Sizes strides(node.getRank(), b.getIndexAttr(1));
  Sizes sizes = getSizes(b, node.getInput(0));
  AffineExpr sum = b.getAffineDimExpr(0) + b.getAffineDimExpr(1);
  for (auto [number, part] : llvm::enumerate(parts)) {
    sizes[axis] = part;
    Value taken = tensor::ExtractSliceOp::create(b, node.getInput(0), offsets,
                                                 sizes, strides);
    if (failed(node.setOutput(number, taken)))
      return failure();
    offsets[axis] = affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), AffineMap::get(2, 0, sum), {offsets[axis], part});
  }
  return success();
}

static LogicalResult lowerSplit(NodeAccessor &node) {
  int64_t axis = node.getAxis("axis", 0, node.getRank());
  if (node.hasErrors())
    return failure();
  if (auto parts = node.getComputedSizes(1); parts && node.isWithin())
    return splitAtRunTime(node, axis, *parts);
  if (!node.hasBoundedSizes() &&
      failed(node.checkStaticDim(0, axis, "a split")))
    return failure();
  FailureOr<SmallVector<int64_t>> sizes = getSplitSizes(node, axis);
  if (failed(sizes))
    return failure();
  int64_t offset = 0;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    Value part = makeSlice(node.b, node.getInput(0), axis, offset, size);
    if (failed(node.setOutput(i, part)))
      return failure();
    offset += size;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
/// A range of one dimension: `size` elements from `start` on.
struct Range {
  int64_t start, size, step;
};
} // namespace

/// Clamps start and end as ONNX's Slice-13 says; both may be beyond the ends
/// by far, to mean "all".
static Range resolveRange(int64_t start, int64_t end, int64_t step,
                          int64_t size) {
  if (size == 0) // which has no last element to begin with
    return {0, 0, step};
  auto clamp = [&](int64_t position, int64_t low, int64_t high) {
    if (position < 0)
      position += size;
    return std::max(low, std::min(position, high));
  };
  if (step > 0) {
    start = clamp(start, 0, size);
    end = clamp(end, 0, size);
    int64_t span = std::max<int64_t>(0, end - start);
    // Without the addition that rounds up, which a large step overflows.
    return {start, span == 0 ? 0 : (span - 1) / step + 1, step};
  }
  start = clamp(start, 0, size - 1);
  end = clamp(end, -1, size - 1);
  int64_t span = std::max<int64_t>(0, start - end);
  // -step overflows for the least integer; one step is all it can take.
  int64_t stride = step == INT64_MIN ? INT64_MAX : -step;
  return {start, span == 0 ? 0 : (span - 1) / stride + 1, step};
}

/// The first position and the number of elements of a range by a positive step
/// of a dimension whose size shows at run time.
static std::pair<OpFoldResult, OpFoldResult>
resolveCountedRange(ImplicitLocOpBuilder &b, int64_t start, int64_t end,
                    int64_t step, OpFoldResult size) {
  // Sums with sizes stay numbers; no dimension has positions beyond.
  constexpr int64_t farthest = int64_t(1) << 48;
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  auto apply = [&](AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(b, b.getLoc(), expr, operands));
  };
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value whole = getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
  auto clamp = [&](int64_t position) -> Value {
    position = std::clamp(position, -farthest, farthest);
    if (position < 0)
      return arith::MaxSIOp::create(b, apply(s0 + position, size), zero);
    if (position == farthest)
      return whole;
    Value number = arith::ConstantIndexOp::create(b, position);
    return arith::MinSIOp::create(b, number, whole);
  };
  Value first = start == 0 ? zero : clamp(start);
  Value span;
  if (start > 0 && end >= farthest) // Without what cuts off the start.
    span = apply(s0 - std::min(start, farthest), size);
  else if (start > 0 && end < 0)
    span = apply(s0 + (std::max(end, -farthest) - std::min(start, farthest)),
                 size);
  else
    span = apply(s0 - s1, {clamp(end), first});
  Value count = arith::MaxSIOp::create(b, span, zero);
  if (step > 1)
    count = apply((s0 + (std::min(step, farthest) - 1))
                      .floorDiv(std::min(step, farthest)),
                  OpFoldResult(count));
  return {first, count};
}

/// Whether the range takes a dimension of any size whole.
static bool isWhole(int64_t start, int64_t end, int64_t step) {
  // Exporters write any of the largest integers for "to the end".
  return start == 0 && step == 1 && end >= INT32_MAX;
}

/// Reads an operand of Slice: a constant input, or, before opset 10, an
/// attribute. Nothing when it is left out.
static FailureOr<std::optional<SmallVector<int64_t>>>
getSliceOperand(NodeAccessor &node, unsigned index, StringRef name) {
  if (!node.hasInput(index))
    return node.getInts(name);
  FailureOr<SmallVector<int64_t>> constant =
      node.requireConstantInts(index, name);
  if (failed(constant))
    return failure();
  return std::optional(std::move(*constant));
}

/// Reverses the dimensions of which `isReversed` is true.
static Value makeReversed(ImplicitLocOpBuilder &b, Value input,
                          ArrayRef<bool> isReversed) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<AffineExpr> coordinates;
  for (auto [dim, reversed] : llvm::enumerate(isReversed)) {
    AffineExpr expr = b.getAffineDimExpr(dim);
    coordinates.push_back(reversed ? (type.getDimSize(dim) - 1) - expr : expr);
  }
  AffineMap map =
      AffineMap::get(type.getRank(), 0, coordinates, b.getContext());
  return makePointwise(
      b, getSizes(b, input), type.getElementType(), input, map,
      [](ImplicitLocOpBuilder &, ValueRange s) { return s[0]; });
}

/// Whether the range takes a dimension of any size from its last element to its
/// first.
static bool isReversal(int64_t start, int64_t end, int64_t step) {
  return start == -1 && step == -1 && end <= -INT32_MAX;
}

/// As makeReversed, of dimensions whose sizes show at run time. Behind the
/// elements that count, where there are such, the first one stands.
static Value makeReversedAtRunTime(ImplicitLocOpBuilder &b, Value input,
                                   ArrayRef<bool> isReversed) {
  Sizes sizes = getSizes(b, input);
  auto read = [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    SmallVector<Value> position;
    for (auto [dim, reversed] : llvm::enumerate(isReversed)) {
      Value index = linalg::IndexOp::create(b, dim);
      if (reversed) {
        Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[dim]);
        Value last = arith::SubIOp::create(b, size, one);
        index = arith::SubIOp::create(b, last, index);
        index = arith::MaxSIOp::create(b, index, zero);
      }
      position.push_back(index);
    }
    return tensor::ExtractOp::create(b, input, position);
  };
  return makePointwise(b, sizes, getElementTypeOrSelf(input), {}, {}, read);
}

/// Whether an operand is computed at run time, but the shape of the output is
/// known.
static bool isComputed(NodeAccessor &node) {
  bool isComputed = false;
  for (unsigned i = 1; i < node.getNumInputs(); ++i)
    isComputed |= node.hasInput(i) && !node.getConstantInts(i);
  return isComputed && node.getStaticOutputType() &&
         node.getInputType(0).hasStaticShape();
}

/// Gathers along each axis from positions that are computed.
static LogicalResult lowerComputedSlice(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  ArrayRef<int64_t> shape = node.getOutputType().getShape();
  Value axes = node.getOptionalInput(3), steps = node.getOptionalInput(4);
  if (static_cast<int64_t>(shape.size()) != type.getRank())
    return node.error() << type << " cannot be sliced to "
                        << node.getOutputType();
  Value result = node.getInput(0);
  int64_t rank = type.getRank();
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    if (size == 0 || shape[dim] == 0)
      return node.setOutput(
          tensor::EmptyOp::create(b, shape, type.getElementType()));
    Value start = makeAxisOperand(b, node.getInput(1), axes, dim, rank, 0);
    Value step = steps ? makeAxisOperand(b, steps, axes, dim, rank, 1)
                       : makeIndexScalar(b, 1);
    result = ext::GatherOp::create(
        b, result, makePositions(b, start, step, size, shape[dim]), dim);
  }
  return node.setOutput(result);
}

/// A Slice between positions of run time, which are within the input, the lower
/// one first also where the step is negative.
static LogicalResult sliceBetween(NodeAccessor &node,
                                  ArrayRef<OpFoldResult> begins,
                                  ArrayRef<OpFoldResult> ends) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  auto axes = getSliceOperand(node, 3, "axes");
  auto steps = getSliceOperand(node, 4, "steps");
  if (failed(axes) || failed(steps))
    return failure();
  if (!*axes)
    *axes = llvm::to_vector(llvm::seq<int64_t>(0, begins.size()));
  if (!*steps)
    *steps = SmallVector<int64_t>(begins.size(), 1);
  SmallVector<bool> isReversed(rank, false);
  Sizes offsets(rank, b.getIndexAttr(0)), strides(rank, b.getIndexAttr(1));
  Sizes sizes = getSizes(b, node.getInput(0));
  AffineExpr difference = b.getAffineDimExpr(1) - b.getAffineDimExpr(0);
  for (auto [axis, begin, end, step] :
       llvm::zip(**axes, begins, ends, **steps)) {
    int64_t dim = node.normalizeAxis(axis, rank);
    if (node.hasErrors())
      return failure();
    offsets[dim] = begin;
    strides[dim] = b.getIndexAttr(std::abs(step));
    isReversed[dim] = step < 0;
    sizes[dim] = affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), AffineMap::get(2, 0, difference.ceilDiv(std::abs(step))),
        {begin, end});
  }
  // A slice begins inside of a tensor, and an empty one has no inside.
  if (llvm::is_contained(sizes, OpFoldResult(b.getIndexAttr(0))))
    return node.setOutput(
        tensor::EmptyOp::create(b, sizes, node.getElementType()));
  Value result = tensor::ExtractSliceOp::create(b, node.getInput(0), offsets,
                                                sizes, strides);
  if (llvm::is_contained(isReversed, true))
    result = makeReversedAtRunTime(b, result, isReversed);
  return node.setOutput(result);
}

static LogicalResult lowerSlice(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  auto begin = node.getComputedSizes(1), end = node.getComputedSizes(2);
  if (begin && end && node.isWithin())
    return sliceBetween(node, *begin, *end);
  if (isComputed(node))
    return lowerComputedSlice(node);
  auto starts = getSliceOperand(node, 1, "starts");
  auto ends = getSliceOperand(node, 2, "ends");
  auto axes = getSliceOperand(node, 3, "axes");
  auto steps = getSliceOperand(node, 4, "steps");
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  if (!*starts || !*ends)
    return node.error() << "starts or ends are left out";
  size_t count = (*starts)->size();
  if (!*axes)
    *axes = llvm::to_vector(llvm::seq<int64_t>(0, count));
  if (!*steps)
    *steps = SmallVector<int64_t>(count, 1);
  if ((*ends)->size() != count || (*axes)->size() != count ||
      (*steps)->size() != count)
    return node.error() << "starts, ends, axes and steps have different sizes";

  Sizes offsets(type.getRank(), b.getIndexAttr(0));
  Sizes sizes = getSizes(b, node.getInput(0));
  Sizes strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<bool> isReversed(type.getRank(), false),
      isReversedAtRunTime(isReversed);
  bool isEmpty = llvm::is_contained(type.getShape(), 0);
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = node.normalizeAxis((**axes)[i], type.getRank());
    int64_t start = (**starts)[i], end = (**ends)[i], step = (**steps)[i];
    if (node.hasErrors())
      return failure();
    if (step == 0)
      return node.error() << "the step of axis " << axis << " is 0";
    if (isWhole(start, end, step))
      continue;
    if (type.isDynamicDim(axis) && isReversal(start, end, step)) {
      isReversedAtRunTime[axis] = true;
      continue;
    }
    if (type.isDynamicDim(axis) && step > 0 && node.hasBoundedSizes()) {
      std::tie(offsets[axis], sizes[axis]) =
          resolveCountedRange(b, start, end, step, sizes[axis]);
      strides[axis] = b.getIndexAttr(step);
      continue;
    }
    if (failed(node.checkStaticDim(0, axis, "a slice")))
      return failure();
    Range range = resolveRange(start, end, step, type.getDimSize(axis));
    isReversed[axis] = range.step < 0 && range.size > 1;
    // A reversed range is cut out forwards first.
    int64_t stride = range.size <= 1 ? 1 : std::abs(range.step);
    int64_t first =
        range.step > 0 ? range.start : range.start - (range.size - 1) * stride;
    offsets[axis] = b.getIndexAttr(first);
    sizes[axis] = b.getIndexAttr(range.size);
    isEmpty |= range.size == 0;
    strides[axis] = b.getIndexAttr(stride);
  }
  if (isEmpty)
    return node.setOutput(
        tensor::EmptyOp::create(b, sizes, type.getElementType()));
  Value result = tensor::ExtractSliceOp::create(b, node.getInput(0), offsets,
                                                sizes, strides);
  if (llvm::is_contained(isReversed, true))
    result = makeReversed(b, result, isReversed);
  if (llvm::is_contained(isReversedAtRunTime, true))
    result = makeReversedAtRunTime(b, result, isReversedAtRunTime);
  return node.setOutput(result);
}

void registerConcatSplit(OperatorTable &table) {
  table.add("Concat", 1, lowerConcat);
  table.add("Slice", 1, lowerSlice);
  table.add("Split", 1, lowerSplit);
}

} // namespace garam::onnx
