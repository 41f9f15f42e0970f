//===- InferTypes.cpp - Types of all values -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Support/DiagnosedError.h"

#include "onnx/defs/schema.h"
#include "onnx/shape_inference/implementation.h"
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

/// Inference goes on after an error and forgets it; in strict mode it tells.
Error explainMissingType(const LoadedModel &model, const pb::NodeProto &node,
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
    return addNode(std::move(error), described);
  return addNode(makeUserError(ExitCode::Model, what), described);
}

} // namespace

/// ONNX's inference takes an STFT without the attribute 'onesided' for one whose
/// attribute is 0, where the schema's default is 1.
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
  return catchErrors("types cannot be inferred", [&] {
    pb::shape_inference::InferShapes(model.proto,
                                     pb::OpSchemaRegistry::Instance(), options);
  });
}

Error checkTypes(const LoadedModel &model) {
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
