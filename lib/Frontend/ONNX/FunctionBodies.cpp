//===- FunctionBodies.cpp - Operators written as others -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Quantised operators become what exporters write today: DequantizeLinear, the
// operator on floats, QuantizeLinear. Devices know that form and choose their
// integer path from it.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"

#include "FunctionWriter.h"

using namespace llvm;

namespace garam::onnx {

static bool writeQLinearConv(FunctionWriter &writer) {
  if (!writer.addDequantized("a", 0, 1, 2, /*axis=*/1) ||
      !writer.addDequantized("b", 3, 4, 5, /*axis=*/0))
    return false;
  std::string operands = "(a, b)";
  if (writer.has(8)) {
    writer.addOnnx("bias_scale = Mul (a_scale, b_scale)");
    writer.addOnnx("bias = DequantizeLinear <axis = 0> (x8, bias_scale)");
    operands = "(a, b, bias)";
  }
  writer.addOnnx(
      "sum = Conv <auto_pad: string = @auto_pad, dilations: ints = @dilations, "
      "group: int = @group, kernel_shape: ints = @kernel_shape, "
      "pads: ints = @pads, strides: ints = @strides> " +
      operands);
  writer.addQuantized("sum", 6, 7);
  return true;
}

static bool writeQLinearMatMul(FunctionWriter &writer) {
  if (!writer.addDequantized("a", 0, 1, 2, /*axis=*/-2) ||
      !writer.addDequantized("b", 3, 4, 5, /*axis=*/-1))
    return false;
  writer.addOnnx("sum = MatMul (a, b)");
  writer.addQuantized("sum", 6, 7);
  return true;
}

/// ONNX's own body, but that the scale is 1 where all elements are 0, as in
/// onnxruntime: that of ONNX is 0 and divides by it.
static bool writeDynamicQuantizeLinear(FunctionWriter &writer) {
  writer.addOnnx("zero = Constant <value_float: float = 0.0> ()");
  writer.addOnnx("steps = Constant <value_float: float = 255.0> ()");
  writer.addOnnx("least = ReduceMin <keepdims: int = 0> (x0)");
  writer.addOnnx("low = Min (least, zero)");
  writer.addOnnx("most = ReduceMax <keepdims: int = 0> (x0)");
  writer.addOnnx("high = Max (most, zero)");
  writer.addOnnx("range = Sub (high, low)");
  writer.addOnnx("is_flat = Equal (range, zero)");
  writer.addOnnx("divided = Where (is_flat, steps, range)");
  writer.addOnnx("y1 = Div (divided, steps)");
  writer.addOnnx("scaled = Div (low, y1)");
  writer.addOnnx("shifted = Sub (zero, scaled)");
  writer.addOnnx("clipped = Clip (shifted, zero, steps)");
  writer.addOnnx("rounded = Round (clipped)");
  writer.addOnnx("y2 = Cast <to = 2> (rounded)");
  writer.addOnnx("y0 = QuantizeLinear (x0, y1, y2)");
  return true;
}

static bool writeBody(FunctionWriter &writer, StringRef domain) {
  if (domain == kContribDomain)
    return writeContribBody(writer);
  if (writer.getOpType() == "AffineGrid")
    return writeAffineGrid(writer);
  if (writer.getOpType() == "DeformConv")
    return writeDeformConv(writer);
  if (writer.getOpType() == "DynamicQuantizeLinear")
    return writeDynamicQuantizeLinear(writer);
  if (writer.getOpType() == "QLinearConv")
    return writeQLinearConv(writer);
  if (writer.getOpType() == "QLinearMatMul")
    return writeQLinearMatMul(writer);
  return false;
}

bool hasFunctionBody(StringRef domain, StringRef opType) {
  return domain == kContribDomain && hasContribBody(opType);
}

bool isStrayOperator(StringRef opType) {
  return opType == "SimplifiedLayerNormalization";
}

bool buildFunctionBody(const pb::NodeProto &node,
                       const std::vector<pb::TypeProto> &inputTypes,
                       const std::vector<pb::TypeProto> &outputTypes, int opset,
                       pb::FunctionProto &function, std::string &refusal) {
  FunctionWriter writer(node, inputTypes, outputTypes);
  if (!writeBody(writer, node.domain())) {
    refusal = writer.getRefusal();
    return false;
  }
  writer.build(opset, function);
  return true;
}

} // namespace garam::onnx
