//===- Pad.cpp - Pad ------------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ComputedOperands.h"
#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {
/// How much to add at both ends of each dimension; negative: to take away.
struct Padding {
  SmallVector<int64_t> low, high;
};
} // namespace

/// Reads input 1 (opset 11) or an attribute (before), for the axes of input 3
/// (opset 18) or all of them.
static FailureOr<Padding> getPadding(NodeAccessor &node) {
  // No tensor has so large a dimension; sums of a few cannot overflow.
  constexpr int64_t limit = int64_t(1) << 48;
  int64_t rank = node.getRank();
  SmallVector<int64_t> pads;
  if (std::optional<SmallVector<int64_t>> attribute = node.getInts("pads")) {
    pads = std::move(*attribute);
  } else {
    FailureOr<SmallVector<int64_t>> constant =
        node.requireConstantInts(1, "pads");
    if (failed(constant))
      return failure();
    pads = std::move(*constant);
  }
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.hasInput(3)) {
    FailureOr<SmallVector<int64_t>> constant =
        node.requireConstantInts(3, "axes");
    if (failed(constant))
      return failure();
    axes = std::move(*constant);
  }
  if (pads.size() != 2 * axes.size())
    return node.error() << "input 1 ('pads') has " << pads.size()
                        << " values, but " << 2 * axes.size()
                        << " are needed for " << axes.size() << " axes";
  Padding padding{SmallVector<int64_t>(rank, 0), SmallVector<int64_t>(rank, 0)};
  for (auto [i, given] : llvm::enumerate(axes)) {
    int64_t axis = node.normalizeAxis(given, rank);
    if (node.hasErrors())
      return failure();
    padding.low[axis] = pads[i];
    padding.high[axis] = pads[axes.size() + i];
    for (int64_t pad : {padding.low[axis], padding.high[axis]})
      if (pad < -limit || pad > limit)
        return node.error() << "input 1 ('pads') holds values out of range";
  }
  return padding;
}

/// Takes away what negative padding says, which is then 0.
static FailureOr<Value> cropNegative(NodeAccessor &node, Padding &padding) {
  Value value = node.getInput(0);
  RankedTensorType type = node.getInputType(0);
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    int64_t low = std::min<int64_t>(padding.low[axis], 0);
    int64_t high = std::min<int64_t>(padding.high[axis], 0);
    if (low == 0 && high == 0)
      continue;
    if (failed(node.checkStaticDim(0, axis, "negative padding")))
      return failure();
    int64_t size = type.getDimSize(axis) + low + high;
    if (size < 0)
      return node.error() << "negative padding takes away more than dimension "
                          << axis << " of " << type << " has";
    value = makeSlice(node.b, value, axis, -low, size);
    padding.low[axis] -= low;
    padding.high[axis] -= high;
  }
  return value;
}

/// The padding value as a scalar.
static FailureOr<Value> getPaddingValue(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  Type type = node.getElementType();
  if (!node.hasInput(2))
    return makeScalar(b, type, node.getFloat("value", 0)); // Before opset 11.
  RankedTensorType valueType = node.getInputType(2);
  if (!valueType.hasStaticShape() || valueType.getNumElements() != 1 ||
      valueType.getElementType() != type)
    return node.error() << "input 2 ('constant_value') is " << valueType
                        << ", but one element of " << type << " is needed";
  if (ElementsAttr elements = getConstantElements(node.getInput(2)))
    if (TypedAttr uniform = getUniformElement(elements))
      return arith::ConstantOp::create(b, uniform).getResult();
  Value scalar = makeReshape(b, node.getInput(2), {});
  return tensor::ExtractOp::create(b, scalar, ValueRange()).getResult();
}

static LogicalResult lowerConstantPad(NodeAccessor &node, Value input,
                                      const Padding &padding) {
  FailureOr<Value> value = getPaddingValue(node);
  if (failed(value))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  return node.setOutput(tensor::PadOp::create(
      b, /*resultType=*/Type(), input, getStaticSizes(b, padding.low),
      getStaticSizes(b, padding.high), *value));
}

/// The position in the input of what a mode puts at `position`, which may be
/// before or behind it.
static int64_t getSource(StringRef mode, int64_t position, int64_t size) {
  if (mode == "edge")
    return std::clamp<int64_t>(position, 0, size - 1);
  int64_t period = mode == "wrap" || size == 1 ? size : 2 * (size - 1);
  int64_t offset = ((position % period) + period) % period;
  return offset < size ? offset : period - offset;
}

/// getSource of a position and a size that are computed, of i64.
static Value makeSource(ImplicitLocOpBuilder &b, StringRef mode, Value position,
                        Value size) {
  Type i64 = b.getI64Type();
  Value zero = makeScalar(b, i64, 0), one = makeScalar(b, i64, 1);
  if (mode == "constant" || mode == "edge") // The gather clamps it.
    return arith::MaxSIOp::create(b, position, zero);
  Value period = size;
  if (mode != "wrap") {
    Value last = arith::SubIOp::create(b, size, one);
    // Of one element all are copies.
    period =
        arith::MaxSIOp::create(b, arith::AddIOp::create(b, last, last), one);
  }
  Value offset = arith::RemSIOp::create(b, position, period);
  offset = arith::AddIOp::create(b, offset, period);
  offset = arith::RemSIOp::create(b, offset, period);
  Value isInside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, offset, size);
  return arith::SelectOp::create(b, isInside, offset,
                                 arith::SubIOp::create(b, period, offset));
}

/// The positions of a padded dimension in the input, as a vector of i64.
static Value makeSources(NodeAccessor &node, Value input, int64_t axis,
                         int64_t low, int64_t high, StringRef mode) {
  ImplicitLocOpBuilder &b = node.b;
  OpFoldResult size = tensor::getMixedSize(b, b.getLoc(), input, axis);
  AffineExpr padded = b.getAffineSymbolExpr(0) + (low + high);
  OpFoldResult count = affine::makeComposedFoldedAffineApply(
      b, b.getLoc(), AffineMap::get(0, 1, padded), {size});
  return makePointwise(
      b, {count}, b.getI64Type(), {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange) {
        Type i64 = b.getI64Type();
        Value position =
            arith::IndexCastOp::create(b, i64, linalg::IndexOp::create(b, 0));
        position = arith::SubIOp::create(b, position, makeScalar(b, i64, low));
        Value length = arith::IndexCastOp::create(b, i64, cast<Value>(size));
        Value source = makeSource(b, mode, position, length);
        Value last = arith::SubIOp::create(b, length, makeScalar(b, i64, 1));
        return arith::MinSIOp::create(b, source, last).getResult();
      });
}

/// Copies of the input's own elements, gathered axis by axis.
static LogicalResult lowerCopyingPad(NodeAccessor &node, Value input,
                                     const Padding &padding, StringRef mode) {
  for (int64_t axis = 0, e = node.getRank(); axis < e; ++axis) {
    int64_t low = padding.low[axis], high = padding.high[axis];
    if (low == 0 && high == 0)
      continue;
    if (node.getInputType(0).isDynamicDim(axis)) {
      Value sources = makeSources(node, input, axis, low, high, mode);
      input = ext::GatherOp::create(node.b, input, sources, axis);
      continue;
    }
    int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(axis);
    if (size == 0)
      return node.error() << "dimension " << axis
                          << " has no elements to copy into the padding";
    SmallVector<int64_t> sources;
    for (int64_t i = -low; i < size + high; ++i)
      sources.push_back(getSource(mode, i, size));
    input = ext::GatherOp::create(node.b, input,
                                  makeIndexVector(node.b, sources), axis);
  }
  return node.setOutput(input);
}

//===----------------------------------------------------------------------===//
// Pads that are computed at run time
//===----------------------------------------------------------------------===//

/// Replaces what `positions` takes from outside of dimension `dim` by `value`.
static Value makeOutsideConstant(ImplicitLocOpBuilder &b, Value padded,
                                 Value positions, int64_t dim, int64_t size,
                                 Value value) {
  int64_t rank = cast<RankedTensorType>(padded.getType()).getRank();
  return makePointwise(
      b, getSizes(b, padded), getElementTypeOrSelf(padded),
      {padded, positions, value},
      {b.getMultiDimIdentityMap(rank), getAxisMap(b.getContext(), rank, dim),
       AffineMap::get(rank, 0, b.getContext())},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        // Unsigned, what is before the first element is beyond the last.
        Value isInside =
            arith::CmpIOp::create(b, arith::CmpIPredicate::ult, s[1],
                                  makeScalar(b, b.getI64Type(), size));
        return arith::SelectOp::create(b, isInside, s[0], s[2]);
      });
}

/// Gathers along each axis from positions that start before the input by what
/// the operand says; how far they go beyond it says the output's shape.
static LogicalResult lowerComputedPad(NodeAccessor &node, StringRef mode) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  RankedTensorType outputType = node.getStaticOutputType();
  int64_t rank = type.getRank();
  int64_t numPads = node.getInputType(1).getDimSize(0);
  if (!type.hasStaticShape() || !outputType || outputType.getRank() != rank ||
      llvm::is_contained(type.getShape(), 0))
    return failure(failed(node.requireConstantInts(1, "pads")));
  Value pads = makeSlice(b, node.getInput(1), 0, 0, numPads / 2);
  Value value =
      node.hasInput(2)
          ? makeReshape(b, node.getInput(2), {})
          : makeTensor(b, RankedTensorType::get({}, type.getElementType()), 0);
  if (!value)
    return node.error() << "input 2 ('constant_value') is "
                        << node.getInputType(2) << ", but one element of "
                        << type.getElementType() << " is needed";
  Value result = node.getInput(0);
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t size = type.getDimSize(dim);
    Value low =
        makeAxisOperand(b, pads, node.getOptionalInput(3), dim, rank, 0);
    Value positions =
        makePointwise(b, getStaticSizes(b, {outputType.getDimSize(dim)}),
                      b.getI64Type(), low, AffineMap::get(1, 0, b.getContext()),
                      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                        Value index = arith::IndexCastOp::create(
                            b, b.getI64Type(), linalg::IndexOp::create(b, 0));
                        return arith::SubIOp::create(b, index, s[0]);
                      });
    Value sources = makeMapped(
        b, b.getI64Type(), positions,
        [&](ImplicitLocOpBuilder &b, ValueRange s) {
          return makeSource(b, mode, s[0], makeScalar(b, b.getI64Type(), size));
        });
    result = ext::GatherOp::create(b, result, sources, dim);
    if (mode == "constant")
      result = makeOutsideConstant(b, result, positions, dim, size, value);
  }
  return node.setOutput(result);
}

static bool hasComputedPads(NodeAccessor &node) {
  return (node.hasInput(1) && !node.getConstantInts(1)) ||
         (node.hasInput(3) && !node.getConstantInts(3));
}

static LogicalResult lowerPad(NodeAccessor &node) {
  StringRef mode = node.getString("mode", "constant");
  if (!llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return node.error() << "attribute 'mode' is '" << mode
                        << "', but constant, edge, reflect or wrap is needed";
  if (hasComputedPads(node))
    return lowerComputedPad(node, mode);
  FailureOr<Padding> padding = getPadding(node);
  if (failed(padding))
    return failure();
  FailureOr<Value> input = cropNegative(node, *padding);
  if (failed(input))
    return failure();
  if (mode == "constant")
    return lowerConstantPad(node, *input, *padding);
  return lowerCopyingPad(node, *input, *padding, mode);
}

/// Crops or pads the middle of each dimension to that of the output; the odd
/// element is at the end. Source: ONNX's CenterCropPad-18.
static LogicalResult lowerCenterCropPad(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  RankedTensorType outputType = node.getStaticOutputType();
  if (!outputType)
    return failure(failed(node.requireConstantInts(1, "shape")));
  if (outputType.getRank() != type.getRank() ||
      failed(node.checkStatic(0, "a crop of the middle")))
    return node.error() << type << " cannot become " << outputType;
  Value result = node.getInput(0);
  Padding padding;
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    int64_t added = outputType.getDimSize(dim) - size;
    if (added < 0)
      result = makeSlice(b, result, dim, -added / 2, size + added);
    added = std::max<int64_t>(added, 0);
    padding.low.push_back(added / 2);
    padding.high.push_back(added - added / 2);
  }
  return node.setOutput(makePadded(b, result, padding.low, padding.high,
                                   getScalarAttr(type.getElementType(), 0)));
}

void registerPad(OperatorTable &table) {
  table.add("CenterCropPad", 2, lowerCenterCropPad);
  table.add("Pad", 1, lowerPad);
}

} // namespace garam::onnx
