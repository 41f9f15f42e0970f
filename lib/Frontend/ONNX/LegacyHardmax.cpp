//===- LegacyHardmax.cpp - Hardmax before opset 13 ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Before opset 13, Hardmax looks for the maximum along all dimensions from
// `axis` on, which is 1 where it is left out; since then along one, which is
// the last. onnx's version converter writes that down for Softmax and
// LogSoftmax only. Source: Hardmax-11 and Hardmax-13.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

using namespace llvm;

namespace garam::onnx {
namespace {

void setAxis(pb::NodeProto &node, int64_t value) {
  pb::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name("axis");
  attribute.set_type(pb::AttributeProto::INT);
  attribute.set_i(value);
}

class HardmaxFlattener {
public:
  void run(pb::GraphProto &graph) {
    pb::GraphProto result;
    for (pb::NodeProto &node : *graph.mutable_node()) {
      for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
        if (attribute.has_g())
          run(*attribute.mutable_g());
        for (pb::GraphProto &body : *attribute.mutable_graphs())
          run(body);
      }
      if (node.domain().empty() && node.op_type() == "Hardmax")
        flatten(node, result);
      else
        result.add_node()->Swap(&node);
    }
    graph.mutable_node()->Swap(result.mutable_node());
  }

private:
  /// A node of what `origin` becomes, with the last of the operands as its
  /// only output.
  static pb::NodeProto &add(pb::GraphProto &graph, const pb::NodeProto &origin,
                            const char *opType,
                            ArrayRef<std::string> operands) {
    pb::NodeProto &node = *graph.add_node();
    node.set_op_type(opType);
    node.set_name(origin.name() + "/" + opType);
    setOrigin(node, getOrigin(origin));
    for (const std::string &input : operands.drop_back())
      node.add_input(input);
    node.add_output(operands.back());
    return node;
  }

  /// The maximum of each row of a matrix, in the shape of the input.
  static void flatten(const pb::NodeProto &node, pb::GraphProto &graph) {
    const pb::AttributeProto *axis = findAttribute(node, "axis");
    const std::string &input = node.input(0);
    std::string matrix = node.name() + "/matrix",
                shape = node.name() + "/shape", rows = node.name() + "/rows";
    setAxis(add(graph, node, "Flatten", {input, matrix}), axis ? axis->i() : 1);
    setAxis(add(graph, node, "Hardmax", {matrix, rows}), -1);
    add(graph, node, "Shape", {input, shape});
    add(graph, node, "Reshape", {rows, shape, node.output(0)});
  }
};

} // namespace

void flattenHardmax(LoadedModel &model, int formerOpset) {
  constexpr int firstOpsetOfOneAxis = 13;
  if (formerOpset != 0 && formerOpset < firstOpsetOfOneAxis)
    HardmaxFlattener().run(*model.proto.mutable_graph());
}

} // namespace garam::onnx
