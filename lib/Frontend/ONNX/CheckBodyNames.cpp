//===- CheckBodyNames.cpp - Refuses bodies that hide outer values ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// ONNX's IR specification ("Names Within a Graph") wants what a node in a body
// computes to have another name than all that the body sees of the graphs
// around it: their inputs, their initializers, and what the nodes before the
// one with the body compute. Inputs of a body may hide such a value.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

using namespace llvm;

namespace garam::onnx {
namespace {

/// Walks a graph or function with the values that can be seen.
class BodyNameCheck {
public:
  using Opsets = google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto>;

  /// `place` is what messages say of a node beside its operator.
  BodyNameCheck(const Opsets &opsets, StringRef place)
      : opsets(opsets), place(place) {}

  void addGiven(const std::string &name) { add(name, nullptr); }
  void addGiven(const pb::GraphProto &graph) {
    for (const pb::ValueInfoProto &input : graph.input())
      addGiven(input.name());
    for (const pb::TensorProto &tensor : graph.initializer())
      addGiven(tensor.name());
    for (const pb::SparseTensorProto &tensor : graph.sparse_initializer())
      addGiven(tensor.values().name());
  }

  Error
  checkNodes(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes) {
    for (const pb::NodeProto &node : nodes) {
      for (const pb::AttributeProto &attribute : node.attribute()) {
        if (attribute.has_g())
          if (Error error = checkBody(attribute.g()))
            return error;
        for (const pb::GraphProto &body : attribute.graphs())
          if (Error error = checkBody(body))
            return error;
      }
      for (const std::string &output : node.output())
        if (Error error = addOutput(node, output))
          return error;
    }
    return Error::success();
  }

private:
  /// Where a name was given: in which graph, counted from the outermost, and by
  /// which node, null for an input or an initializer.
  struct Origin {
    size_t depth;
    const pb::NodeProto *node;
  };

  void add(const std::string &name, const pb::NodeProto *node) {
    if (origins.try_emplace(name, Origin{added.size(), node}).second)
      added.back().push_back(name);
  }

  /// What the body adds is gone behind it.
  Error checkBody(const pb::GraphProto &body) {
    added.emplace_back();
    addGiven(body);
    Error error = checkNodes(body.node());
    for (const std::string &name : added.back())
      origins.erase(name);
    added.pop_back();
    return error;
  }

  Error addOutput(const pb::NodeProto &node, const std::string &output) {
    if (output.empty())
      return Error::success();
    auto known = origins.find(output);
    // Two of one graph are found where the nodes are sorted.
    if (known == origins.end() || known->second.depth == added.size()) {
      add(output, &node);
      return Error::success();
    }
    const pb::NodeProto *other = known->second.node;
    std::string owner = other ? "an output of node '" + other->name() + "'"
                              : "an input or initializer";
    return addNode(
        makeUserError(ExitCode::Model,
                      "output '" + output +
                          "' of a node in a body has the "
                          "name of " +
                          owner +
                          " around the body, needed one that the body does "
                          "not see; hint: rename one of the two"),
        describeNode(node, opsets, place));
  }

  const Opsets &opsets;
  StringRef place;
  StringMap<Origin> origins;
  /// The names that each graph added, the outermost first.
  std::vector<std::vector<std::string>> added{1};
};

} // namespace

Error checkBodyNames(const LoadedModel &model) {
  const pb::GraphProto &graph = model.proto.graph();
  BodyNameCheck check(model.proto.opset_import(), "");
  check.addGiven(graph);
  if (Error error = check.checkNodes(graph.node()))
    return error;
  for (const pb::FunctionProto &function : model.proto.functions()) {
    std::string place = " in function '" + function.name() + "'";
    BodyNameCheck inFunction(function.opset_import(), place);
    for (const std::string &input : function.input())
      inFunction.addGiven(input);
    if (Error error = inFunction.checkNodes(function.node()))
      return error;
  }
  return Error::success();
}

} // namespace garam::onnx
