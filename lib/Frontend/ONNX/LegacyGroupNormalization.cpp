//===- LegacyGroupNormalization.cpp - Scale and bias for each group -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// From opset 18 to 20, scale and bias of GroupNormalization have an element for
// each group; since then for each channel. onnx calls the former definition
// deprecated, and its checker refuses it, though runtimes take it. Such a node
// is an InstanceNormalization whose channels are the groups. Source:
// GroupNormalization-18, GroupNormalization-21 and InstanceNormalization-6.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

using namespace llvm;

namespace garam::onnx {
namespace {

constexpr int kFirstOpset = 18, kFirstOpsetOfChannels = 21;

bool hasScaleOfGroups(int opset) {
  return opset >= kFirstOpset && opset < kFirstOpsetOfChannels;
}

/// Whether this is a node that its definition fits; others are for the checker.
bool isGroupNormalization(const pb::NodeProto &node) {
  const pb::AttributeProto *groups = findAttribute(node, "num_groups");
  return node.domain().empty() && node.op_type() == "GroupNormalization" &&
         node.input_size() == 3 && node.output_size() == 1 && groups &&
         groups->type() == pb::AttributeProto::INT && groups->i() > 0;
}

class GroupRewriter {
public:
  explicit GroupRewriter(StringSet<> taken) : taken(std::move(taken)) {}

  /// `owner` is a graph or a function.
  template <typename Owner>
  void run(Owner &owner) {
    pb::GraphProto result;
    for (pb::NodeProto &node : *owner.mutable_node()) {
      for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
        if (attribute.has_g())
          run(*attribute.mutable_g());
        for (pb::GraphProto &body : *attribute.mutable_graphs())
          run(body);
      }
      if (isGroupNormalization(node))
        rewrite(node, result);
      else
        result.add_node()->Swap(&node);
    }
    owner.mutable_node()->Swap(result.mutable_node());
  }

private:
  /// A node of what `origin` becomes; returns it and its only output, which is
  /// a new value where `output` is empty.
  std::pair<pb::NodeProto *, std::string>
  add(pb::GraphProto &graph, const pb::NodeProto &origin, const char *opType,
      ArrayRef<std::string> inputs, std::string output = "") {
    pb::NodeProto &node = *graph.add_node();
    node.set_op_type(opType);
    node.set_name(origin.name() + "/" + opType);
    setOrigin(node, getOrigin(origin));
    for (const std::string &input : inputs)
      node.add_input(input);
    if (output.empty())
      output = takeName(taken, node.name());
    node.add_output(output);
    return {&node, output};
  }

  /// [N, C, ...] as [N, groups, the rest], and back.
  void rewrite(const pb::NodeProto &node, pb::GraphProto &graph) {
    auto [constant, split] = add(graph, node, "Constant", {});
    pb::AttributeProto &value = *constant->add_attribute();
    value.set_name("value_ints");
    value.set_type(pb::AttributeProto::INTS);
    for (int64_t size :
         {int64_t(0), getInt(node, "num_groups", 1), int64_t(-1)})
      value.add_ints(size);
    std::string groups =
        add(graph, node, "Reshape", {node.input(0), split}).second;
    auto [normalization, result] = add(graph, node, "InstanceNormalization",
                                       {groups, node.input(1), node.input(2)});
    if (const pb::AttributeProto *epsilon = findAttribute(node, "epsilon"))
      *normalization->add_attribute() = *epsilon;
    std::string shape = add(graph, node, "Shape", {node.input(0)}).second;
    add(graph, node, "Reshape", {result, shape}, node.output(0));
  }

  StringSet<> taken; // names of values
};

StringSet<> listValueNames(pb::FunctionProto &function) {
  StringSet<> names;
  names.insert(function.input().begin(), function.input().end());
  visitNodes(function, [&](pb::NodeProto &node) {
    names.insert(node.output().begin(), node.output().end());
  });
  return names;
}

} // namespace

void rewriteGroupNormalizations(pb::ModelProto &model) {
  pb::GraphProto &graph = *model.mutable_graph();
  if (hasScaleOfGroups(getOpsetVersion(model, "")))
    GroupRewriter(garam::onnx::listValueNames(graph)).run(graph);
  for (pb::FunctionProto &function : *model.mutable_functions())
    if (any_of(function.opset_import(), [](const auto &opset) {
          return opset.domain().empty() && hasScaleOfGroups(opset.version());
        }))
      GroupRewriter(listValueNames(function)).run(function);
}

} // namespace garam::onnx
