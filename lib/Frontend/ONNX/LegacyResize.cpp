//===- LegacyResize.cpp - Resizing before opset 11 ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Before opset 11, Resize and Upsample divide coordinates by the scales and
// nothing else, and take the element below, or the one above where they make
// fewer. Since then attributes say so, whose defaults are others; onnx's
// version converter does not write them down. One mode is for all dimensions:
// of those that grow beside one that shrinks, the element above is taken, too,
// which onnxruntime does not. Source: what onnxruntime computes; the
// specifications of Upsample-9 and Resize-10 say no more than the scales.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

#include "onnx/defs/tensor_proto_util.h"

using namespace llvm;

namespace garam::onnx {
namespace {

constexpr int kFirstOpsetWithModes = 11;
/// The input of Resize-11 that holds a scale for each dimension.
constexpr int kScales = 2;
/// More dimensions than any model resizes; scales beyond are none.
constexpr int kMostScales = 16;

void setString(pb::NodeProto &node, const char *name, const char *value) {
  if (findAttribute(node, name))
    return;
  pb::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(pb::AttributeProto::STRING);
  attribute.set_s(value);
}

/// Whether a tensor of scales makes a dimension smaller.
bool shrinks(const pb::TensorProto &scales) {
  if (scales.data_type() != pb::TensorProto::FLOAT || scales.dims_size() != 1 ||
      scales.dims(0) > kMostScales)
    return false;
  return any_of(pb::ParseData<float>(&scales),
                [](float scale) { return scale < 1; });
}

} // namespace

void nameResizingModes(LoadedModel &model, int formerOpset) {
  if (formerOpset == 0 || formerOpset >= kFirstOpsetWithModes)
    return;
  pb::GraphProto &graph = *model.proto.mutable_graph();
  StringSet<> shrinking;
  for (const pb::TensorProto &tensor : graph.initializer())
    if (shrinks(tensor))
      shrinking.insert(tensor.name());
  visitNodes(graph, [&](pb::NodeProto &node) {
    const pb::AttributeProto *value = findAttribute(node, "value");
    if (node.op_type() == "Constant" && value && value->has_t() &&
        shrinks(value->t()))
      shrinking.insert(node.output(0));
    if (!node.domain().empty() || node.op_type() != "Resize")
      return;
    bool isSmaller =
        node.input_size() > kScales && shrinking.contains(node.input(kScales));
    setString(node, "coordinate_transformation_mode", "asymmetric");
    setString(node, "nearest_mode", isSmaller ? "ceil" : "floor");
  });
}

} // namespace garam::onnx
