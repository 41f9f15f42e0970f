//===- FunctionBodies.cpp - Operators written as others -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Quantised operators become what exporters write today: DequantizeLinear, the
// operator on floats, QuantizeLinear. Devices know that form and choose their
// integer path from it. The ones whose result is a sum of integers become
// operators on integers of 32 bits.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"

#include "onnx/defs/parser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <stdexcept>
#include <string>

using namespace llvm;

namespace garam::onnx {
namespace {

constexpr char kFloat32[] = "<to = 1>", kInt32[] = "<to = 6>";

class BodyWriter {
public:
  BodyWriter(const pb::NodeProto &node, const std::vector<pb::TypeProto> &types)
      : node(node), types(types) {}

  /// The nodes of the body, on the names that getInputs() gives the inputs;
  /// its output is "y". Nothing when there is no definition.
  std::optional<std::string> write() {
    StringRef operatorName = node.op_type();
    if (operatorName == "MatMulInteger")
      return writeMatMulInteger();
    if (operatorName == "QLinearConv")
      return writeQLinearConv();
    if (operatorName == "QLinearMatMul")
      return writeQLinearMatMul();
    return std::nullopt;
  }

private:
  bool has(int input) const {
    return input < node.input_size() && !node.input(input).empty();
  }

  std::optional<int> getRank(int input) const {
    if (size_t(input) >= types.size() ||
        !types[input].tensor_type().has_shape())
      return std::nullopt;
    return types[input].tensor_type().shape().dim_size();
  }

  static std::string name(int input) { return "x" + std::to_string(input); }

  /// Writes `result` = input `input` as i32 less its zero point, which is put
  /// into the shape `zeroShape` (a list of integers) unless that is empty.
  void writeShifted(StringRef result, int input, int zero,
                    StringRef zeroShape) {
    std::string out = result.str();
    if (!has(zero)) {
      onnxText += out + " = Cast " + kInt32 + " (" + name(input) + ")\n";
      return;
    }
    onnxText += out + "_wide = Cast " + kInt32 + " (" + name(input) + ")\n" +
                out + "_flat = Cast " + kInt32 + " (" + name(zero) + ")\n";
    std::string shifted = out + "_flat";
    if (!zeroShape.empty()) {
      onnxText += out + "_shape = Constant <value_ints = [" + zeroShape.str() +
                  "]> ()\n" + out + "_zero = Reshape (" + shifted + ", " + out +
                  "_shape)\n";
      shifted = out + "_zero";
    }
    onnxText += out + " = Sub (" + out + "_wide, " + shifted + ")\n";
  }

  std::optional<std::string> writeMatMulInteger() {
    std::optional<int> rank = getRank(0);
    if (!rank || (has(2) && !getRank(2)))
      return std::nullopt;
    // A vector of zero points has one for each row of the first matrix, and for
    // each column of the second.
    bool isVector = *rank > 1 && has(2) && getRank(2) == 1;
    writeShifted("a", 0, 2, isVector ? "-1, 1" : "");
    writeShifted("b", 1, 3, "");
    onnxText += "y = MatMul (a, b)\n";
    return onnxText;
  }

  /// Writes `result` = f32 of input `input`, whose scale and zero point are the
  /// next two inputs. Vectors of those lie along `axis`; of more dimensions
  /// they broadcast.
  bool writeDequantized(StringRef result, int input, int axis) {
    std::optional<int> rank = getRank(input + 1);
    if (!rank)
      return false;
    std::string out = result.str(), scale = out + "_scale";
    std::string zero = name(input + 2);
    onnxText += scale + " = Cast " + kFloat32 + " (" + name(input + 1) + ")\n";
    if (*rank <= 1) {
      onnxText += out + " = DequantizeLinear <axis = " + std::to_string(axis) +
                  "> (" + name(input) + ", " + scale + ", " + zero + ")\n";
      return true;
    }
    onnxText += out + "_wide = Cast " + kFloat32 + " (" + name(input) + ")\n" +
                out + "_zero = Cast " + kFloat32 + " (" + zero + ")\n" + out +
                "_shifted = Sub (" + out + "_wide, " + out + "_zero)\n" + out +
                " = Mul (" + out + "_shifted, " + scale + ")\n";
    return true;
  }

  /// Writes "y" from "sum", an f32; the scale is input `scale`, and the zero
  /// point follows it.
  void writeQuantized(int scale) {
    onnxText += std::string("y_scale = Cast ") + kFloat32 + " (" + name(scale) +
                ")\ny = QuantizeLinear (sum, y_scale, " + name(scale + 1) +
                ")\n";
  }

  std::optional<std::string> writeQLinearConv() {
    if (!writeDequantized("a", 0, 1) || !writeDequantized("b", 3, 0))
      return std::nullopt;
    std::string operands = "(a, b)";
    if (has(8)) {
      onnxText += "bias_scale = Mul (a_scale, b_scale)\n"
                  "bias = DequantizeLinear <axis = 0> (" +
                  name(8) + ", bias_scale)\n";
      operands = "(a, b, bias)";
    }
    onnxText += "sum = Conv <auto_pad: string = @auto_pad, dilations: ints = "
                "@dilations, "
                "group: int = @group, kernel_shape: ints = @kernel_shape, "
                "pads: ints = @pads, strides: ints = @strides> " +
                operands + "\n";
    writeQuantized(6);
    return onnxText;
  }

  std::optional<std::string> writeQLinearMatMul() {
    if (!writeDequantized("a", 0, -2) || !writeDequantized("b", 3, -1))
      return std::nullopt;
    onnxText += "sum = MatMul (a, b)\n";
    writeQuantized(6);
    return onnxText;
  }

  const pb::NodeProto &node;
  const std::vector<pb::TypeProto> &types;
  std::string onnxText;
};

} // namespace

bool buildFunctionBody(const pb::NodeProto &node,
                       const std::vector<pb::TypeProto> &inputTypes, int opset,
                       pb::FunctionProto &function) {
  std::optional<std::string> body = BodyWriter(node, inputTypes).write();
  if (!body)
    return false;
  std::string inputs;
  for (int i = 0; i < node.input_size(); ++i)
    inputs += (i == 0 ? "x" : ", x") + std::to_string(i);
  std::string attributes;
  for (const pb::AttributeProto &attribute : node.attribute())
    attributes += (attributes.empty() ? "" : ", ") + attribute.name();
  if (!attributes.empty())
    attributes = "<" + attributes + ">";
  std::string onnxText =
      "<domain: \"body\", opset_import: [\"\" : " + std::to_string(opset) +
      "]>\n" + node.op_type() + attributes + " (" + inputs + ") => (y) {\n" +
      *body + "}";
  pb::Common::Status status = pb::OnnxParser::Parse(function, onnxText.c_str());
  if (!status.IsOK())
    throw std::runtime_error(status.ErrorMessage());
  return true;
}

} // namespace garam::onnx
