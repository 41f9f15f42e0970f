//===- Quantization.cpp - QuantizeLinear and DequantizeLinear -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Quantisation stays symbolic: garam_ext.quantize and garam_ext.dequantize.
// Each device chooses its integer or float path from the pattern around them.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"

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
  std::optional<SmallVector<int64_t>> ints =
      readInts(elements, /*isUnsigned=*/true);
  return ints && llvm::all_of(*ints, [](int64_t i) { return i == 0; });
}

/// Reads inputs 1 and 2. A tensor of one element is a scalar: exporters write
/// both forms.
static FailureOr<QuantizationOperands> getOperands(NodeAccessor &node) {
  QuantizationOperands operands;
  operands.scale = node.getInput(1);
  operands.zeroPoint = node.getOptionalInput(2);
  RankedTensorType scaleType = node.getInputType(1);
  operands.blockSize = node.getInt("block_size", 0);
  if (operands.zeroPoint &&
      node.getInputType(2).getShape() != scaleType.getShape())
    return node.error() << "zero point " << node.getInputType(2)
                        << " and scale " << scaleType << " must have one shape";
  if (operands.zeroPoint)
    if (ElementsAttr elements = getConstantElements(operands.zeroPoint);
        elements && isZero(elements))
      operands.zeroPoint = {};
  if (scaleType.hasStaticShape() && scaleType.getNumElements() == 1 &&
      operands.blockSize == 0) {
    operands.scale = makeReshape(node.b, operands.scale, {});
    if (operands.zeroPoint)
      operands.zeroPoint = makeReshape(node.b, operands.zeroPoint, {});
    return operands;
  }

  RankedTensorType type = node.getInputType(0);
  operands.axis = node.getAxis("axis", 1, type.getRank());
  if (node.hasErrors())
    return failure();
  bool fits = operands.blockSize > 0 ? scaleType.getRank() == type.getRank()
                                     : scaleType.getRank() == 1 &&
                                           scaleType.getDimSize(0) ==
                                               type.getDimSize(operands.axis);
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
      isQuantized ? element.isInteger() && element.getIntOrFloatBitWidth() <= 16
                  : isFloat(element) && element.getIntOrFloatBitWidth() >= 16;
  if (!isSupported)
    return node.error() << "the output holds " << element << ", but "
                        << (isQuantized ? "integers of at most 16 bits"
                                        : "floats of at least 16 bits")
                        << " are supported";
  return element;
}

static LogicalResult lowerQuantizeLinear(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  FailureOr<Type> element = getOutputElementType(node, /*isQuantized=*/true);
  FailureOr<QuantizationOperands> operands = getOperands(node);
  if (failed(element) || failed(operands))
    return failure();
  return node.setOutput(ext::QuantizeOp::create(
      node.b, node.getInputType(0).clone(*element), node.getInput(0),
      operands->scale, operands->zeroPoint, operands->axis, operands->blockSize,
      node.isUnsignedOutput()));
}

static LogicalResult lowerDequantizeLinear(NodeAccessor &node) {
  if (!node.getElementType().isInteger())
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but a tensor of integers is needed";
  FailureOr<Type> element = getOutputElementType(node, /*isQuantized=*/false);
  FailureOr<QuantizationOperands> operands = getOperands(node);
  if (failed(element) || failed(operands))
    return failure();
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
