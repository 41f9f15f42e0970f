//===- InferTypes.cpp - Types of all values -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Dialect/ONNX/Transforms/TypeErrors.h"
#include "garam/Support/DiagnosedError.h"
#include "garam/Support/Errors.h"

#include "onnx/defs/schema.h"
#include "onnx/shape_inference/implementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace garam::onnx {
namespace {

void clearValueInfos(pb::GraphProto &graph) {
  graph.clear_value_info();
  visitNodes(graph, [](pb::NodeProto &node) {
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        attribute.mutable_g()->clear_value_info();
      for (pb::GraphProto &body : *attribute.mutable_graphs())
        body.clear_value_info();
    }
  });
}

/// "float[2, ?]".
std::string describeType(const pb::TypeProto &type) {
  if (!type.has_tensor_type())
    return "no tensor";
  std::string text = StringRef(pb::TensorProto::DataType_Name(
                                   static_cast<pb::TensorProto::DataType>(
                                       type.tensor_type().elem_type())))
                         .lower();
  if (!type.tensor_type().has_shape())
    return text + " of unknown rank";
  auto describeSize = [](const auto &dim) {
    return dim.has_dim_value() ? std::to_string(dim.dim_value()) : "?";
  };
  return text + "[" +
         join(map_range(type.tensor_type().shape().dim(), describeSize), ", ") +
         "]";
}

/// What is known of the types of a graph's values.
StringMap<std::string> describeValues(const pb::GraphProto &graph) {
  StringMap<std::string> types;
  for (const auto *values : {&graph.input(), &graph.value_info()})
    for (const pb::ValueInfoProto &value : *values)
      types[value.name()] = describeType(value.type());
  for (const pb::TensorProto &tensor : graph.initializer()) {
    pb::TypeProto type;
    type.mutable_tensor_type()->set_elem_type(tensor.data_type());
    for (int64_t size : tensor.dims())
      type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(
          size);
    type.mutable_tensor_type()->mutable_shape();
    types[tensor.name()] = describeType(type);
  }
  return types;
}

/// "'a' is float[2], 'b' is int64[1]"; empty where nothing is known of them.
std::string describeInputs(const LoadedModel &model,
                           const pb::NodeProto &node) {
  StringMap<std::string> types = describeValues(model.proto.graph());
  std::string inputs;
  for (const std::string &input : node.input())
    if (auto type = types.find(input); type != types.end())
      inputs += (inputs.empty() ? "'" : ", '") + input + "' is " + type->second;
  return inputs;
}

/// Inference names the node in its message; here it becomes part of the error,
/// with the types of its inputs. Success where the message names none.
Error explainConflict(LoadedModel &model, const UserError &conflict) {
  std::string text = conflict.message();
  Error explained = Error::success();
  visitNodes(*model.proto.mutable_graph(), [&](const pb::NodeProto &node) {
    std::string mark =
        "(op_type:" + node.op_type() + ", node name: " + node.name() + "): ";
    size_t position = StringRef(text).find(mark);
    if (explained || position == StringRef::npos)
      return;
    // Each node that something is wrong with has a line.
    StringRef said =
        StringRef(text).drop_front(position + mark.size()).split('\n').first;
    explained = addNode(
        makeUserError(ExitCode::Model,
                      explainInference(said, describeInputs(model, node))),
        describeOrigin(model, node));
  });
  return explained;
}

/// Inference goes on after an error and forgets it; in strict mode it tells.
Error explainMissingType(LoadedModel &model, const pb::NodeProto &node,
                         const std::string &output) {
  pb::ModelProto copy = model.proto;
  pb::ShapeInferenceOptions strict(/*check_type_val=*/true,
                                   /*strict_mode_val=*/1,
                                   /*data_prop_val=*/false);
  std::string what = "output '" + output + "' has no type that can be inferred";
  DiagnosedNode described{node.name(), node.op_type(), std::nullopt,
                          /*detail=*/""};
  if (Error error = catchErrors(what, [&] {
        pb::shape_inference::InferShapes(copy, pb::OpSchemaRegistry::Instance(),
                                         strict);
      }))
    return handleErrors(std::move(error), [&](const UserError &conflict) {
      if (Error explained = explainConflict(model, conflict))
        return explained;
      return addNode(makeUserError(ExitCode::Model, conflict.message()),
                     described);
    });
  return addNode(makeUserError(ExitCode::Model, what), described);
}

} // namespace

/// ONNX's inference takes an STFT without the attribute 'onesided' for one
/// whose attribute is 0, where the schema's default is 1.
static void addOneSidedDefault(pb::GraphProto &graph) {
  visitNodes(graph, [](pb::NodeProto &node) {
    if (node.op_type() != "STFT" || !node.domain().empty() ||
        llvm::any_of(node.attribute(), [](const pb::AttributeProto &given) {
          return given.name() == "onesided";
        }))
      return;
    pb::AttributeProto &attribute = *node.add_attribute();
    attribute.set_name("onesided");
    attribute.set_type(pb::AttributeProto::INT);
    attribute.set_i(1);
  });
}

Error inferTypes(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
  addOneSidedDefault(graph);
  clearValueInfos(graph);
  for (const pb::ValueInfoProto &value : model.declaredTypes)
    *graph.add_value_info() = value;
  for (pb::ValueInfoProto &output : *graph.mutable_output())
    if (output.type().has_tensor_type())
      output.mutable_type()->mutable_tensor_type()->clear_shape();
  // Data propagation is left to onnx-fold-shapes, which knows more operators
  // and bounds the size of what it follows.
  pb::ShapeInferenceOptions options(/*check_type_val=*/true,
                                    /*strict_mode_val=*/0,
                                    /*data_prop_val=*/false);
  return handleErrors(
      catchErrors("types cannot be inferred",
                  [&] {
                    pb::shape_inference::InferShapes(
                        model.proto, pb::OpSchemaRegistry::Instance(), options);
                  }),
      [&](const UserError &conflict) {
        if (Error explained = explainConflict(model, conflict))
          return explained;
        return makeUserError(ExitCode::Model, conflict.message());
      });
}

Error checkTypes(LoadedModel &model) {
  StringSet<> typed;
  const pb::GraphProto &graph = model.proto.graph();
  for (const auto *values : {&graph.value_info(), &graph.output()})
    for (const pb::ValueInfoProto &value : *values)
      if (value.type().value_case() != pb::TypeProto::VALUE_NOT_SET)
        typed.insert(value.name());
  for (const pb::NodeProto &node : graph.node())
    for (const std::string &output : node.output())
      if (!output.empty() && !typed.contains(output))
        return explainMissingType(model, node, output);
  return Error::success();
}

} // namespace garam::onnx
