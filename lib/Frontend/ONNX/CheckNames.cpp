//===- CheckNames.cpp - Refuses what is named twice or not at all ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// ONNX's IR specification ("Names Within a Graph") wants a name for every
// graph, function and input, another one for every input of a graph or
// function, and for every attribute of a node. Names of the values that nodes
// compute are looked at where the nodes are sorted.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

#include <set>
#include <tuple>

using namespace llvm;

namespace garam::onnx {
namespace {

using Opsets = google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto>;

const std::string &getName(const pb::ValueInfoProto &input) {
  return input.name();
}
const std::string &getName(const std::string &input) { return input; }

/// What is wrong with the inputs of `owner`, "the graph"; empty if nothing is.
template <typename Inputs>
std::string explainInputs(const Inputs &inputs, const std::string &owner) {
  StringMap<int> places;
  for (const auto &input : inputs) {
    const std::string &name = getName(input);
    int place = int(places.size());
    if (name.empty())
      return "input " + std::to_string(place) + " of " + owner +
             " has no name, needed one; hint: nodes read it by its name";
    auto [known, isNew] = places.try_emplace(name, place);
    if (!isNew)
      return "inputs " + std::to_string(known->second) + " and " +
             std::to_string(place) + " of " + owner + " have the name '" +
             name +
             "', needed a name of its own for every value; hint: rename one "
             "of the two";
  }
  return "";
}

std::string explainGraph(const pb::GraphProto &graph,
                         const std::string &owner) {
  if (graph.name().empty())
    return owner + " has no name, needed one; hint: any that is not empty "
                   "will do, 'main' for one";
  return explainInputs(graph.input(), owner);
}

std::string explainAttributes(const pb::NodeProto &node) {
  StringSet<> names;
  for (const pb::AttributeProto &attribute : node.attribute()) {
    const std::string &name = attribute.name();
    if (name.empty())
      return "an attribute has no name, needed one; hint: the operator's "
             "definition lists its attributes by their names";
    if (!names.insert(name).second)
      return "attribute '" + name +
             "' is given twice, needed once; hint: keep the one whose value "
             "is meant";
    std::string owner = "the graph in attribute '" + name + "'";
    std::string why =
        attribute.has_g() ? explainGraph(attribute.g(), owner) : "";
    for (const pb::GraphProto &body : attribute.graphs())
      if (why.empty())
        why = explainGraph(body, owner);
    if (!why.empty())
      return why;
  }
  return "";
}

/// Checks the nodes of a graph or function, and those of the bodies in it.
template <typename Graph>
Error checkAttributes(Graph &graph, const Opsets &opsets, StringRef place) {
  Error found = Error::success();
  visitNodes(graph, [&](const pb::NodeProto &node) {
    if (found)
      return;
    if (std::string why = explainAttributes(node); !why.empty())
      found = addNode(makeUserError(ExitCode::Model, why),
                      describeNode(node, opsets, place));
  });
  return found;
}

Error checkFunction(pb::FunctionProto &function) {
  if (function.name().empty())
    return makeUserError(ExitCode::Model,
                         "a function of domain '" + function.domain() +
                             "' has no name, needed one; hint: nodes call it "
                             "by its name");
  std::string quoted = "function '" + function.name() + "'";
  if (std::string why = explainInputs(function.input(), quoted); !why.empty())
    return makeUserError(ExitCode::Model, why);
  return checkAttributes(function, function.opset_import(), " in " + quoted);
}

} // namespace

Error checkNames(LoadedModel &model) {
  pb::ModelProto &proto = model.proto;
  if (std::string why = explainGraph(proto.graph(), "the graph"); !why.empty())
    return makeUserError(ExitCode::Model, why);
  if (Error error = checkAttributes(*proto.mutable_graph(),
                                    proto.opset_import(), /*place=*/""))
    return error;
  std::set<std::tuple<std::string, std::string, std::string>> names;
  for (pb::FunctionProto &function : *proto.mutable_functions()) {
    if (Error error = checkFunction(function))
      return error;
    if (!names.insert({function.domain(), function.name(), function.overload()})
             .second)
      return makeUserError(
          ExitCode::Model,
          "two functions of domain '" + function.domain() +
              "' have the name '" + function.name() +
              "', needed a name or an overload of its own for each; hint: "
              "rename one of the two, and the nodes that call it");
  }
  return Error::success();
}

} // namespace garam::onnx
