//===- FunctionWriter.cpp - Writes the body of a function -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FunctionWriter.h"

#include "LoadedModel.h"
#include "garam/Support/ElementKinds.h"
#include "onnx/defs/parser.h"
#include "llvm/Support/FormatVariadic.h"

#include <climits>
#include <stdexcept>

using namespace llvm;

namespace garam::onnx {

bool FunctionWriter::has(int input) const {
  return input < node.input_size() && !node.input(input).empty();
}

std::optional<int> FunctionWriter::getRank(int input) const {
  if (size_t(input) >= types.size() || !types[input].tensor_type().has_shape())
    return std::nullopt;
  return types[input].tensor_type().shape().dim_size();
}

static std::optional<int64_t> getDimOf(const std::vector<pb::TypeProto> &types,
                                       size_t number, int dim) {
  if (number >= types.size() ||
      dim >= types[number].tensor_type().shape().dim_size())
    return std::nullopt;
  const auto &size = types[number].tensor_type().shape().dim(dim);
  return size.has_dim_value() ? std::optional(size.dim_value()) : std::nullopt;
}

std::optional<int64_t> FunctionWriter::getDim(int input, int dim) const {
  return getDimOf(types, input, dim);
}

std::optional<int64_t> FunctionWriter::getOutputDim(int output, int dim) const {
  return getDimOf(outputTypes, output, dim);
}

bool FunctionWriter::addBytes(const std::string &result, int input) {
  if (size_t(input) >= types.size())
    return false;
  std::optional<DataType> type =
      fromONNXNumber(types[input].tensor_type().elem_type());
  if (!type || getBitWidth(*type) > CHAR_BIT)
    return false;
  ElementKind kind = getKind(*type);
  if (kind != ElementKind::Signed && kind != ElementKind::Unsigned)
    return false;
  addOnnx(result + " = Cast <to = " +
          Twine(getONNXNumber(*findInteger(kind, CHAR_BIT))) + "> (" +
          getName(input) + ")");
  return true;
}

bool FunctionWriter::isFloat(int input) const {
  using pb::TensorProto;
  return size_t(input) < types.size() &&
         is_contained({TensorProto::FLOAT, TensorProto::FLOAT16,
                       TensorProto::BFLOAT16, TensorProto::DOUBLE},
                      types[input].tensor_type().elem_type());
}

bool FunctionWriter::refuse(const Twine &why) {
  refusal = why.str();
  return false;
}

const pb::AttributeProto *FunctionWriter::findAttribute(StringRef name) const {
  return onnx::findAttribute(node, name);
}

int64_t FunctionWriter::getInt(StringRef attribute, int64_t missing) const {
  return onnx::getInt(node, attribute, missing);
}

float FunctionWriter::getFloat(StringRef attribute, float missing) const {
  const pb::AttributeProto *found = findAttribute(attribute);
  return found ? found->f() : missing;
}

std::string FunctionWriter::getString(StringRef attribute,
                                      StringRef missing) const {
  const pb::AttributeProto *found = findAttribute(attribute);
  return found ? found->s() : missing.str();
}

std::vector<float> FunctionWriter::getFloats(StringRef attribute) const {
  const pb::AttributeProto *found = findAttribute(attribute);
  if (!found)
    return {};
  return {found->floats().begin(), found->floats().end()};
}

std::vector<int64_t> FunctionWriter::getInts(StringRef attribute) const {
  const pb::AttributeProto *found = findAttribute(attribute);
  if (!found)
    return {};
  return {found->ints().begin(), found->ints().end()};
}

std::string FunctionWriter::formatFloat(float value) {
  return formatv("{0:e9}", value).str();
}

void FunctionWriter::addOnnx(const Twine &line) { nodes += line.str() + "\n"; }

void FunctionWriter::addInts(const std::string &result, const Twine &values) {
  addOnnx(result + " = Constant <value_ints: ints = [" + values + "]> ()");
}

bool FunctionWriter::addDequantized(const std::string &result, int input,
                                    int scale, int zero, int axis) {
  std::optional<int> rank = getRank(scale);
  if (!rank)
    return false;
  std::string factor = result + "_scale";
  addOnnx(factor + " = Cast <to = 1> (" + getName(scale) + ")");
  if (*rank <= 1) {
    addOnnx(result + " = DequantizeLinear <axis = " + Twine(axis) + "> (" +
            getName(input) + ", " + factor +
            (has(zero) ? ", " + getName(zero) : "") + ")");
    return true;
  }
  std::string shifted = result + "_wide";
  addOnnx(shifted + " = Cast <to = 1> (" + getName(input) + ")");
  if (has(zero)) {
    addOnnx(result + "_zero = Cast <to = 1> (" + getName(zero) + ")");
    addOnnx(result + "_shifted = Sub (" + shifted + ", " + result + "_zero)");
    shifted = result + "_shifted";
  }
  addOnnx(result + " = Mul (" + shifted + ", " + factor + ")");
  return true;
}

void FunctionWriter::addQuantized(const std::string &value, int scale,
                                  int zero) {
  addOnnx("y_scale = Cast <to = 1> (" + getName(scale) + ")");
  addOnnx("y0 = QuantizeLinear (" + value + ", y_scale" +
          (has(zero) ? ", " + getName(zero) : "") + ")");
}

/// NAME0, NAME1, ...
static std::string listNames(StringRef name, int count) {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += (i == 0 ? "" : ", ") + name.str() + std::to_string(i);
  return list;
}

void FunctionWriter::build(int opset, pb::FunctionProto &function) const {
  std::string attributes;
  for (const pb::AttributeProto &attribute : node.attribute())
    attributes += (attributes.empty() ? "" : ", ") + attribute.name();
  if (!attributes.empty())
    attributes = "<" + attributes + ">";
  std::string onnxText = formatv(
      "<domain: \"body\", opset_import: [\"\" : {0}]>\n"
      "{1}{2} ({3}) => ({4}) {{\n{5}}",
      opset, node.op_type(), attributes, listNames("x", node.input_size()),
      listNames("y", node.output_size()), nodes);
  pb::Common::Status status = pb::OnnxParser::Parse(function, onnxText.c_str());
  if (!status.IsOK())
    throw std::runtime_error(status.ErrorMessage());
}

} // namespace garam::onnx
