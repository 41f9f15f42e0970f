//===- GaramExtOps.cpp - Operations of the garam_ext dialect --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::ext {

//===----------------------------------------------------------------------===//
// QuantizeOp, DequantizeOp
//===----------------------------------------------------------------------===//

static bool isRealType(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() >= 16;
}

static LogicalResult verifyRealType(Operation *op, StringRef name, Type type) {
  if (isRealType(getElementTypeOrSelf(type)))
    return success();
  return op->emitOpError() << name << " must hold floats of 16 bits or more, "
                           << "got: " << type;
}

static LogicalResult verifyIntegerType(Operation *op, StringRef name, Type type,
                                       bool allowsAccumulators) {
  Type element = getElementTypeOrSelf(type);
  unsigned width =
      element.isSignlessInteger() ? element.getIntOrFloatBitWidth() : 0;
  if ((width >= 2 && width <= 16) || (allowsAccumulators && width == 32))
    return success();
  return op->emitOpError() << name << " must hold signless integers of 2 to 16"
                           << (allowsAccumulators ? " or 32" : "")
                           << " bits, got: " << type;
}

/// The shape that scales of blocks of `blockSize` elements along `axis` have.
static SmallVector<int64_t> getBlockedShape(RankedTensorType type, int64_t axis,
                                            int64_t blockSize) {
  SmallVector<int64_t> shape(type.getShape());
  if (!ShapedType::isDynamic(shape[axis]))
    shape[axis] = llvm::divideCeil(shape[axis], blockSize);
  return shape;
}

template <typename OpTy>
static LogicalResult verifyQuantization(OpTy op, RankedTensorType real,
                                        RankedTensorType integer,
                                        bool allowsAccumulators) {
  RankedTensorType input = op.getInput().getType();
  RankedTensorType result = op.getResult().getType();
  RankedTensorType scale = op.getScale().getType();
  if (failed(verifyCompatibleShape(input, result)))
    return op.emitOpError()
           << "input and result must have one shape, got: " << input << " and "
           << result;
  bool quantizes = input == real;
  if (failed(verifyRealType(op, quantizes ? "input" : "result", real)) ||
      failed(verifyRealType(op, "scale", scale)) ||
      failed(verifyIntegerType(op, quantizes ? "result" : "input", integer,
                               allowsAccumulators)))
    return failure();

  int64_t axis = op.getAxis(), blockSize = op.getBlockSize();
  if (blockSize < 0)
    return op.emitOpError()
           << "block_size must not be negative, got: " << blockSize;
  if (scale.getRank() != 0) {
    if (axis < 0 || axis >= input.getRank())
      return op.emitOpError()
             << "axis must be a dimension of the input, got: " << axis << " of "
             << input;
    SmallVector<int64_t> expected{input.getDimSize(axis)};
    if (blockSize > 0)
      expected = getBlockedShape(input, axis, blockSize);
    if (failed(verifyCompatibleShape(scale.getShape(), expected)))
      return op.emitOpError() << "scale must be a scalar or have the shape of "
                              << scale.clone(expected) << ", got: " << scale;
  }

  Value zeroPoint = op.getZeroPoint();
  if (!zeroPoint)
    return success();
  auto zeroPointType = cast<RankedTensorType>(zeroPoint.getType());
  if (failed(verifyCompatibleShape(scale, zeroPointType)))
    return op.emitOpError()
           << "zero_point must have the shape of scale, got: " << zeroPointType
           << " and " << scale;
  if (zeroPointType.getElementType() != integer.getElementType())
    return op.emitOpError()
           << "zero_point must hold " << integer.getElementType()
           << ", got: " << zeroPointType;
  return success();
}

LogicalResult QuantizeOp::verify() {
  return verifyQuantization(*this, getInput().getType(), getResult().getType(),
                            /*allowsAccumulators=*/false);
}

LogicalResult DequantizeOp::verify() {
  return verifyQuantization(*this, getResult().getType(), getInput().getType(),
                            /*allowsAccumulators=*/true);
}

//===----------------------------------------------------------------------===//
// GatherOp
//===----------------------------------------------------------------------===//

static RankedTensorType getGatherType(RankedTensorType input,
                                      RankedTensorType indices, int64_t axis) {
  SmallVector<int64_t> shape(input.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(axis + 1));
  return input.clone(shape);
}

void GatherOp::build(OpBuilder &, OperationState &state, Value input,
                     Value indices, int64_t axis) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.axis =
      IntegerAttr::get(IntegerType::get(input.getContext(), 64), axis);
  state.addOperands({input, indices});
  state.addTypes(getGatherType(cast<RankedTensorType>(input.getType()),
                               cast<RankedTensorType>(indices.getType()),
                               axis));
}

LogicalResult GatherOp::verify() {
  RankedTensorType input = getInput().getType();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= input.getRank())
    return emitOpError() << "axis must be a dimension of the input, got: "
                         << axis << " of " << input;
  RankedTensorType indices = getIndices().getType();
  if (!indices.getElementType().isSignlessInteger())
    return emitOpError() << "indices must be signless integers, got: "
                         << indices;
  RankedTensorType expected = getGatherType(input, indices, axis);
  RankedTensorType result = getResult().getType();
  if (failed(verifyCompatibleShape(expected, result)) ||
      expected.getElementType() != result.getElementType())
    return emitOpError() << "result must be " << expected
                         << ", got: " << result;
  return success();
}

//===----------------------------------------------------------------------===//
// TopKOp
//===----------------------------------------------------------------------===//

LogicalResult TopKOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto values = cast<RankedTensorType>(getValues().getType());
  int64_t axis = getAxis(), rank = input.getRank();
  if (axis < 0 || axis >= rank)
    return emitOpError() << "axis must be a dimension of the input, got: "
                         << axis << " of " << input;
  SmallVector<int64_t> shape(input.getShape());
  if (values.getRank() == rank)
    shape[axis] = std::min(shape[axis], values.getDimSize(axis));
  if (values != input.clone(shape))
    return emitOpError() << "values must be elements along dimension " << axis
                         << " of " << input << ", got: " << values;
  auto indices = cast<RankedTensorType>(getIndices().getType());
  if (indices.getShape() != values.getShape())
    return emitOpError() << "indices must have the shape of " << values
                         << ", got: " << indices;
  return success();
}

//===----------------------------------------------------------------------===//
// TakeFrontOp, PlaceFrontOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyFront(Operation *op, RankedTensorType smaller,
                                 RankedTensorType larger, size_t numSizes) {
  if (smaller.getElementType() != larger.getElementType())
    return op->emitOpError() << "source and result must have one element type, "
                             << "got: " << smaller << " and " << larger;
  if (numSizes != static_cast<size_t>(smaller.getNumDynamicDims()))
    return op->emitOpError() << "has " << numSizes << " sizes for the "
                             << smaller.getNumDynamicDims()
                             << " dynamic dimensions of " << smaller;
  return success();
}

LogicalResult TakeFrontOp::verify() {
  return verifyFront(*this, getResult().getType(),
                     cast<RankedTensorType>(getSource().getType()),
                     getSizes().size());
}

LogicalResult PlaceFrontOp::verify() {
  return verifyFront(*this, getSource().getType(),
                     cast<RankedTensorType>(getResult().getType()),
                     getSizes().size());
}

} // namespace garam::ext

#define GET_OP_CLASSES
#include "garam/Dialect/GaramExt/IR/GaramExtOps.cpp.inc"
