//===- ConvertModel.cpp - One opset, no functions -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"

#include "onnx/defs/schema.h"
#include "onnx/inliner/inliner.h"
#include "onnx/shape_inference/implementation.h"
#include "onnx/version_converter/convert.h"

#include "llvm/ADT/StringSet.h"
#include <deque>

using namespace llvm;

namespace garam::onnx {
namespace {

/// Operators that are replaced by their ONNX function body, because nothing
/// below gains from seeing them whole. Not here: what a lowering takes directly
/// (activations, Softmax, Clip, LayerNormalization, Gelu and the like).
constexpr StringLiteral kExpandedOperators[] = {
    "AffineGrid",
    "BlackmanWindow",
    "CastLike",
    "Celu",
    "CenterCropPad",
    "DynamicQuantizeLinear",
    "GroupNormalization",
    "HammingWindow",
    "HannWindow",
    "MeanVarianceNormalization",
    "NegativeLogLikelihoodLoss",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceSumSquare",
    "Shrink",
    "SoftmaxCrossEntropyLoss",
    "ThresholdedRelu",
};

/// A domain for the functions that expandFunctions adds and inlines at once.
constexpr char kExpansionDomain[] = "garam.expansion";

/// Function bodies use other functions; more rounds than this nothing needs.
constexpr unsigned kMaxExpansionRounds = 4;

void setOrigin(pb::NodeProto &node, const std::string &origin) {
  node.clear_metadata_props();
  pb::StringStringEntryProto *entry = node.add_metadata_props();
  entry->set_key(kOriginKey);
  entry->set_value(origin);
}

void addMissingOpsets(pb::ModelProto &proto,
                      ArrayRef<pb::OperatorSetIdProto> opsets) {
  for (const pb::OperatorSetIdProto &opset : opsets)
    if (getOpsetVersion(proto, opset.domain()) == 0)
      *proto.add_opset_import() = opset;
}

Error inlineFunctions(LoadedModel &model) {
  pb::ModelProto &proto = model.proto;
  if (proto.functions_size() == 0)
    return Error::success();
  std::vector<pb::OperatorSetIdProto> opsets;
  for (const pb::FunctionProto &function : proto.functions())
    opsets.insert(opsets.end(), function.opset_import().begin(),
                  function.opset_import().end());
  addMissingOpsets(proto, opsets);
  if (Error error = catchErrors("cannot inline the model's functions", [&] {
        pb::inliner::InlineLocalFunctions(proto, /*convert_version=*/true);
      }))
    return error;
  if (proto.functions_size() != 0)
    return makeUserError(ExitCode::Model,
                         "cannot inline function '" +
                             proto.functions(0).name() +
                             "': it imports other operator set versions than "
                             "the model");
  return Error::success();
}

/// Names the nodes that a conversion made. A converter's new nodes have no
/// name: the one that computes a value of the old model stands for the node
/// that computed it, helpers belong to the node they help, the first that uses
/// them.
class Renamer {
public:
  explicit Renamer(pb::GraphProto &before) {
    visitNodes(before, [&](pb::NodeProto &node) {
      names.insert(node.name());
      for (const std::string &output : node.output())
        if (!output.empty())
          idOfValue[output] = getOrigin(node);
    });
  }

  void rename(pb::GraphProto &after) {
    visitNodes(after, [&](pb::NodeProto &node) {
      if (!node.name().empty())
        unnamedUsed.insert(node.name());
    });
    renameGraph(after);
  }

private:
  static std::string getOrigin(const pb::NodeProto &node) {
    for (const pb::StringStringEntryProto &entry : node.metadata_props())
      if (entry.key() == kOriginKey)
        return entry.value();
    return node.name();
  }

  std::string findOrigin(const pb::NodeProto &node) {
    for (const std::string &output : node.output()) {
      auto known = idOfValue.find(output);
      if (known != idOfValue.end())
        return known->second;
    }
    return node.output_size() > 0 ? node.output(0) : node.op_type();
  }

  void renameGraph(pb::GraphProto &graph) {
    auto &nodes = *graph.mutable_node();
    for (int i = nodes.size(); i-- > 0;) {
      pb::NodeProto &node = nodes[i];
      std::string origin = findOrigin(node);
      if (node.name().empty()) {
        std::string name = origin;
        for (unsigned k = 1; !unnamedUsed.insert(name).second; ++k)
          name = origin + "_" + std::to_string(k);
        node.set_name(name);
      }
      if (node.name() != origin)
        setOrigin(node, origin);
      for (const std::string &input : node.input())
        idOfValue.try_emplace(input, origin);
      for (pb::AttributeProto &attribute : *node.mutable_attribute())
        if (attribute.has_g())
          renameGraph(*attribute.mutable_g());
    }
  }

  StringSet<> names;
  StringSet<> unnamedUsed;
  StringMap<std::string> idOfValue;
};

Error convertVersion(LoadedModel &model) {
  int version = getOpsetVersion(model.proto, "");
  if (version == 0 || version == kInternalOpset)
    return Error::success();
  Renamer renamer(*model.proto.mutable_graph());
  if (Error error =
          catchErrors(("cannot convert the model from opset " + Twine(version) +
                       " to " + Twine(kInternalOpset) +
                       "; export it again with a newer opset_version")
                          .str(),
                      [&] {
                        model.proto = pb::version_conversion::ConvertVersion(
                            model.proto, int(kInternalOpset));
                      }))
    return error;
  renamer.rename(*model.proto.mutable_graph());
  return Error::success();
}

class Expander {
public:
  explicit Expander(LoadedModel &model) : model(model) {
    auto &graph = *model.proto.mutable_graph();
    for (const auto *values :
         {&graph.input(), &graph.value_info(), &graph.output()})
      for (const pb::ValueInfoProto &value : *values)
        types[value.name()] = &value.type();
    for (const pb::TensorProto &tensor : graph.initializer()) {
      pb::TypeProto &type = initializerTypes.emplace_back();
      type.mutable_tensor_type()->set_elem_type(tensor.data_type());
      type.mutable_tensor_type()->mutable_shape();
      for (int64_t dim : tensor.dims())
        type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(
            dim);
      types[tensor.name()] = &type;
    }
  }

  /// Turns a node into a call of a function of its own. False when the
  /// operator has no body for this node.
  bool makeCall(pb::NodeProto &node) {
    int opset = getOpsetVersion(model.proto, node.domain());
    const pb::OpSchema *schema = pb::OpSchemaRegistry::Instance()->GetSchema(
        node.op_type(), opset, node.domain());
    pb::FunctionProto function;
    if (!schema || !buildFunction(*schema, node, opset, function))
      return false;
    addDefaults(*schema, node);
    std::string origin = node.name();
    for (const pb::StringStringEntryProto &entry : node.metadata_props())
      if (entry.key() == kOriginKey)
        origin = entry.value();
    unsigned index = 0;
    visitNodes(function, [&](pb::NodeProto &inner) {
      inner.set_name(origin + "/" + inner.op_type() + "_" +
                     std::to_string(index++));
      setOrigin(inner, origin);
    });
    function.set_domain(kExpansionDomain);
    function.set_name(node.name());
    function.clear_overload();
    node.set_domain(kExpansionDomain);
    node.set_op_type(function.name());
    node.clear_overload();
    *model.proto.add_functions() = std::move(function);
    return true;
  }

private:
  bool buildFunction(const pb::OpSchema &schema, const pb::NodeProto &node,
                     int opset, pb::FunctionProto &function) {
    if (schema.HasFunction()) {
      const pb::FunctionProto *body = schema.GetFunction(opset);
      if (body)
        function = *body;
      return body != nullptr;
    }
    if (!schema.HasContextDependentFunction())
      return false;
    std::vector<pb::TypeProto> inputTypes;
    for (const std::string &input : node.input()) {
      auto known = types.find(input);
      inputTypes.push_back(known == types.end() ? pb::TypeProto()
                                                : *known->second);
    }
    pb::FunctionBodyBuildContextImpl context(node, inputTypes);
    return schema.BuildContextDependentFunction(context, function, opset);
  }

  /// A function's body refers to attributes of its call, which therefore needs
  /// the values that the schema gives when the node does not.
  static void addDefaults(const pb::OpSchema &schema, pb::NodeProto &node) {
    StringSet<> present;
    for (const pb::AttributeProto &attribute : node.attribute())
      present.insert(attribute.name());
    for (const auto &[name, attribute] : schema.attributes())
      if (!present.contains(name) && attribute.default_value.has_type())
        *node.add_attribute() = attribute.default_value;
  }

  LoadedModel &model;
  StringMap<const pb::TypeProto *> types;
  std::deque<pb::TypeProto> initializerTypes;
};

bool isExpanded(const pb::NodeProto &node) {
  return node.domain().empty() &&
         is_contained(kExpandedOperators, StringRef(node.op_type()));
}

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

} // namespace

Error convertModel(LoadedModel &model) {
  if (Error error = inlineFunctions(model))
    return error;
  if (getOpsetVersion(model.proto, "") != kInternalOpset)
    if (Error error = inferTypes(model)) // Adapters ask for ranks and sizes.
      return error;
  return convertVersion(model);
}

Error expandFunctions(LoadedModel &model) {
  for (unsigned round = 0; round < kMaxExpansionRounds; ++round) {
    bool changed = false;
    if (Error error = catchErrors("cannot expand an operator", [&] {
          Expander expander(model);
          for (pb::NodeProto &node :
               *model.proto.mutable_graph()->mutable_node())
            if (isExpanded(node))
              changed |= expander.makeCall(node);
        }))
      return error;
    if (!changed)
      return Error::success();
    pb::OperatorSetIdProto opset;
    opset.set_domain(kExpansionDomain);
    opset.set_version(1);
    addMissingOpsets(model.proto, opset);
    if (Error error = inlineFunctions(model))
      return error;
    if (Error error = inferTypes(model))
      return error;
  }
  return Error::success();
}

Error inferTypes(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
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

} // namespace garam::onnx
