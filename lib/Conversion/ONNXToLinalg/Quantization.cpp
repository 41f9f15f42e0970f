//===- Quantization.cpp - QuantizeLinear and DequantizeLinear -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Quantisation stays symbolic: garam_ext.quantize and garam_ext.dequantize.
// Each device chooses its integer or float path from the pattern around them.
// To and from floats of 8 bits or less, which no device computes with as with
// integers, it is elementwise arithmetic.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "LowPrecision.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/DataTypes.h"

using namespace mlir;

namespace garam::onnx {

namespace {
/// Operands of a quantisation; `zeroPoint` is null when it is 0.
struct QuantizationOperands {
  Value scale, zeroPoint;
  int64_t axis = 0, blockSize = 0;
};
} // namespace

static bool isZero(ElementsAttr elements) {
  if (std::optional<SmallVector<double>> floats = readFloats(elements))
    return llvm::all_of(*floats, [](double f) { return f == 0; });
  std::optional<SmallVector<int64_t>> ints =
      readInts(elements, /*isUnsigned=*/true);
  return ints && llvm::all_of(*ints, [](int64_t i) { return i == 0; });
}

/// Whether `scale` has an element for each block of `blockSize` elements of
/// `type` along `axis`.
static bool hasBlocks(RankedTensorType scale, RankedTensorType type,
                      int64_t axis, int64_t blockSize) {
  if (scale.getRank() != type.getRank())
    return false;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t size = type.getDimSize(dim), count = scale.getDimSize(dim);
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(count))
      continue;
    if (count != (dim == axis ? llvm::divideCeilSigned(size, blockSize) : size))
      return false;
  }
  return true;
}

/// Reads inputs 1 and 2. A tensor of one element is a scalar: exporters write
/// both forms.
static FailureOr<QuantizationOperands> getOperands(NodeAccessor &node) {
  QuantizationOperands operands;
  operands.scale = node.getInput(1);
  operands.zeroPoint = node.getOptionalInput(2);
  RankedTensorType scaleType = node.getInputType(1);
  operands.blockSize = node.getInt("block_size", 0);
  auto isSingle = [](RankedTensorType type) {
    return type.hasStaticShape() && type.getNumElements() == 1;
  };
  if (operands.zeroPoint &&
      node.getInputType(2).getShape() != scaleType.getShape() &&
      !(isSingle(scaleType) && isSingle(node.getInputType(2))))
    return node.error() << "zero point " << node.getInputType(2)
                        << " and scale " << scaleType << " must have one shape";
  if (operands.zeroPoint)
    if (ElementsAttr elements = getConstantElements(operands.zeroPoint);
        elements && isZero(elements))
      operands.zeroPoint = {};
  if (isSingle(scaleType) && operands.blockSize == 0) {
    operands.scale = makeReshape(node.b, operands.scale, {});
    if (operands.zeroPoint)
      operands.zeroPoint = makeReshape(node.b, operands.zeroPoint, {});
    return operands;
  }

  RankedTensorType type = node.getInputType(0);
  operands.axis = node.getAxis("axis", 1, type.getRank());
  if (node.hasErrors())
    return failure();
  bool fits =
      operands.blockSize > 0
          ? hasBlocks(scaleType, type, operands.axis, operands.blockSize)
          : scaleType.getRank() == 1 &&
                scaleType.getDimSize(0) == type.getDimSize(operands.axis);
  if (!fits)
    return node.error() << "scale " << scaleType << " does not fit " << type
                        << "; a scalar, a vector along dimension "
                        << operands.axis
                        << ", or, with 'block_size', blocks are needed";
  return operands;
}

/// The element type of output 0 when it is declared, and fit to be one.
static FailureOr<Type> getOutputElementType(NodeAccessor &node,
                                            bool isQuantized) {
  RankedTensorType type = node.getOutputType();
  if (!type)
    return node.error() << "the element type of the output is not known";
  Type element = type.getElementType();
  bool isSupported =
      isQuantized
          ? isNarrowFloat(element) ||
                (element.isInteger() && element.getIntOrFloatBitWidth() <= 16)
          : isFloat(element) && element.getIntOrFloatBitWidth() >= 16;
  if (!isSupported)
    return node.error() << "the output holds " << element << ", but "
                        << (isQuantized ? "integers of at most 16 bits and "
                                          "floats of at most 8"
                                        : "floats of at least 16 bits")
                        << " are supported";
  return element;
}

/// The shape of input 0 with whole blocks as a dimension of their own, behind
/// that of their number; else as it is.
static SmallVector<int64_t> splitBlocks(NodeAccessor &node,
                                        const QuantizationOperands &operands) {
  RankedTensorType type = node.getInputType(0);
  SmallVector<int64_t> shape(type.getShape());
  int64_t axis = operands.axis, blockSize = operands.blockSize;
  if (blockSize == 0 || !type.hasStaticShape() || shape[axis] % blockSize != 0)
    return shape;
  shape[axis] /= blockSize;
  shape.insert(shape.begin() + axis + 1, blockSize);
  return shape;
}

/// How elements of `rank` dimensions, as splitBlocks has them, are mapped to
/// those of scale and zero point.
static AffineMap getScaleMap(NodeAccessor &node,
                             const QuantizationOperands &operands,
                             int64_t rank) {
  MLIRContext *context = node.b.getContext();
  if (cast<RankedTensorType>(operands.scale.getType()).getRank() == 0)
    return AffineMap::get(rank, 0, context);
  if (operands.blockSize == 0)
    return getAxisMap(context, rank, operands.axis);
  AffineMap all = AffineMap::getMultiDimIdentityMap(rank, context);
  if (rank > node.getRank())
    return all.dropResult(operands.axis + 1);
  SmallVector<AffineExpr> coordinates(all.getResults());
  AffineExpr &blocked = coordinates[operands.axis];
  blocked = blocked.floorDiv(operands.blockSize);
  return AffineMap::get(rank, 0, coordinates, context);
}

/// Maps over input 0; `body` gets, as f32, the element, the scale and, where
/// there is one, the zero point.
static Value makeFloatQuantization(NodeAccessor &node,
                                   const QuantizationOperands &operands,
                                   Type result, ScalarBody body) {
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> shape = splitBlocks(node, operands);
  bool isSplit = int64_t(shape.size()) > node.getRank();
  Value input = node.getInput(0);
  if (isSplit)
    input = makeReshape(b, input, shape);
  AffineMap scaleMap = getScaleMap(node, operands, shape.size());
  SmallVector<Value> values{input, operands.scale};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(shape.size()), scaleMap};
  if (operands.zeroPoint) {
    values.push_back(operands.zeroPoint);
    maps.push_back(scaleMap);
  }
  Value computed =
      makePointwise(b, getSizes(b, input), result, values, maps,
                    [&](ImplicitLocOpBuilder &b, ValueRange scalars) {
                      SmallVector<Value> floats;
                      for (Value scalar : scalars)
                        floats.push_back(widenToF32(b, scalar));
                      return body(b, floats);
                    });
  return isSplit ? makeReshape(b, computed, node.getInputType(0).getShape())
                 : computed;
}

/// Saturates further, to the integers of less than 8 bits that `model` has.
static Value clampToModel(NodeAccessor &node, Value quantized, Type model) {
  unsigned width = model.getIntOrFloatBitWidth();
  bool isUnsigned = model.isUnsignedInteger();
  APInt least =
      isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt largest =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  return makeMapped(node.b, node.b.getI8Type(), quantized,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      Type i8 = b.getI8Type();
                      Value high = makeScalar(b, i8, largest.getZExtValue());
                      if (isUnsigned)
                        return arith::MinUIOp::create(b, s[0], high);
                      Value low = makeScalar(b, i8, least.getSExtValue());
                      return arith::MinSIOp::create(
                          b, arith::MaxSIOp::create(b, s[0], low), high);
                    });
}

static LogicalResult lowerToNarrowFloat(NodeAccessor &node,
                                        const QuantizationOperands &operands) {
  auto model = cast<FloatType>(node.getModelElementType());
  NarrowFloatRules rules;
  rules.saturate = node.getInt("saturate", 1) != 0;
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value quotient = arith::DivFOp::create(b, s[0], s[1]);
    if (s.size() > 2)
      quotient = arith::AddFOp::create(b, quotient, s[2]);
    return roundToNarrowFloat(b, quotient, model, rules);
  };
  Type stored = node.getOutputType().getElementType();
  return node.setOutput(makeFloatQuantization(node, operands, stored, body));
}

static LogicalResult lowerQuantizeLinear(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  FailureOr<Type> element = getOutputElementType(node, /*isQuantized=*/true);
  FailureOr<QuantizationOperands> operands = getOperands(node);
  if (failed(element) || failed(operands))
    return failure();
  if (isFloat(*element))
    return lowerToNarrowFloat(node, *operands);
  Value quantized = ext::QuantizeOp::create(
      node.b, node.getInputType(0).clone(*element), node.getInput(0),
      operands->scale, operands->zeroPoint, operands->axis, operands->blockSize,
      node.isUnsignedOutput());
  Type model = node.getModelElementType();
  if (getStoredType(model) != model)
    quantized = clampToModel(node, quantized, model);
  return node.setOutput(quantized);
}

static LogicalResult lowerFromNarrowFloat(NodeAccessor &node,
                                          const QuantizationOperands &operands,
                                          Type result) {
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value value = s[0];
    if (s.size() > 2)
      value = arith::SubFOp::create(b, value, s[2]);
    value = arith::MulFOp::create(b, value, s[1]);
    return ScalarMath(b, result).convert(value);
  };
  return node.setOutput(makeFloatQuantization(node, operands, result, body));
}

static LogicalResult lowerDequantizeLinear(NodeAccessor &node) {
  Type input = node.getElementType();
  if (!input.isInteger() && !isNarrowFloat(input))
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but a tensor of integers or of floats of at most "
                           "8 bits is needed";
  FailureOr<Type> element = getOutputElementType(node, /*isQuantized=*/false);
  FailureOr<QuantizationOperands> operands = getOperands(node);
  if (failed(element) || failed(operands))
    return failure();
  if (isFloat(input))
    return lowerFromNarrowFloat(node, *operands, *element);
  return node.setOutput(ext::DequantizeOp::create(
      node.b, node.getInputType(0).clone(*element), node.getInput(0),
      operands->scale, operands->zeroPoint, operands->axis, operands->blockSize,
      node.isUnsignedInput(0)));
}

void registerQuantization(OperatorTable &table) {
  table.add("DequantizeLinear", 2, lowerDequantizeLinear);
  table.add("QuantizeLinear", 2, lowerQuantizeLinear);
}

} // namespace garam::onnx
