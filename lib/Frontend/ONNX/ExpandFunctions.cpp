//===- ExpandFunctions.cpp - Operators that ONNX defines by others --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"
#include "LoadedModel.h"

#include "onnx/defs/schema.h"
#include "llvm/ADT/StringSet.h"

#include <deque>

using namespace llvm;

namespace garam::onnx {
namespace {

/// Operators that are replaced by a function body, ONNX's or that of
/// FunctionBodies.cpp, because nothing below gains from seeing them whole. Not
/// here: what a lowering takes directly
/// (activations, Softmax, Clip, LayerNormalization, Gelu and the like).
constexpr StringLiteral kExpandedOperators[] = {
    "AffineGrid",
    "Attention",
    "BlackmanWindow",
    "CausalConvWithState",
    "DeformConv",
    "DynamicQuantizeLinear",
    "HammingWindow",
    "HannWindow",
    "LinearAttention",
    "MeanVarianceNormalization",
    "NegativeLogLikelihoodLoss",
    "QLinearConv",
    "QLinearMatMul",
    "RotaryEmbedding",
    "SoftmaxCrossEntropyLoss",
};

/// A domain for the functions that expandFunctions adds and inlines at once.
constexpr char kExpansionDomain[] = "garam.expansion";

class Expander {
public:
  explicit Expander(LoadedModel &model)
      : model(model), partMark(findPartMark(*model.proto.mutable_graph())) {
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
    // What inference leaves open is as the model declares it.
    for (const pb::ValueInfoProto &output : model.declaredOutputs)
      if (isFixed(output.type()))
        types[output.name()] = &output.type();
  }

  /// Turns a node into a call of a function of its own. False when the
  /// operator has no body for this node.
  bool makeCall(pb::NodeProto &node) {
    // Definitions of other domains' operators are of the default domain.
    int opset = getOpsetVersion(model.proto, "");
    const pb::OpSchema *schema = pb::OpSchemaRegistry::Instance()->GetSchema(
        node.op_type(), opset, node.domain());
    pb::FunctionProto function;
    if (!buildFunction(schema, node, opset, function))
      return false;
    if (schema)
      addDefaults(*schema, node);
    std::string origin = getOrigin(node);
    unsigned index = 0;
    visitNodes(function, [&](pb::NodeProto &inner) {
      inner.set_name(partMark + std::to_string(parts.size()));
      parts.push_back(
          {origin + "/" + inner.op_type() + "_" + std::to_string(index++),
           origin});
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

  /// Gives the nodes of the bodies their names and origins, for the inliner
  /// drops metadata and appends to names. All other nodes keep their names.
  void nameParts(pb::GraphProto &graph) const {
    visitNodes(graph, [&](pb::NodeProto &node) {
      StringRef name = node.name();
      unsigned number;
      if (!name.consume_front(partMark) || name.consumeInteger(10, number))
        return;
      node.set_name(parts[number].name);
      setOrigin(node, parts[number].origin);
    });
    separateNames(graph);
  }

private:
  static bool isFixed(const pb::TypeProto &type) {
    return type.tensor_type().has_shape() &&
           llvm::all_of(type.tensor_type().shape().dim(),
                        [](const auto &dim) { return dim.has_dim_value(); });
  }

  bool buildFunction(const pb::OpSchema *schema, const pb::NodeProto &node,
                     int opset, pb::FunctionProto &function) {
    std::vector<pb::TypeProto> inputTypes = listTypes(node.input());
    if (buildFunctionBody(node, inputTypes, listTypes(node.output()), opset,
                          function))
      return true;
    if (!schema)
      return false;
    if (schema->HasFunction()) {
      const pb::FunctionProto *body = schema->GetFunction(opset);
      if (body)
        function = *body;
      return body != nullptr;
    }
    if (!schema->HasContextDependentFunction())
      return false;
    pb::FunctionBodyBuildContextImpl context(node, inputTypes);
    return schema->BuildContextDependentFunction(context, function, opset);
  }

  template <typename Names>
  std::vector<pb::TypeProto> listTypes(const Names &names) const {
    std::vector<pb::TypeProto> found;
    for (const std::string &name : names) {
      const pb::TypeProto *type = types.lookup(name);
      found.push_back(type ? *type : pb::TypeProto());
    }
    return found;
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

  /// A node of a body: its name to be and that of the node it is of.
  struct Part {
    std::string name, origin;
  };

  /// What the name of no node of the graph begins with.
  static std::string findPartMark(pb::GraphProto &graph) {
    StringSet<> taken;
    visitNodes(graph, [&](pb::NodeProto &node) {
      taken.insert(StringRef(node.name()).split(':').first);
    });
    unsigned number = 0;
    while (taken.contains("part" + std::to_string(number)))
      ++number;
    return "part" + std::to_string(number) + ":";
  }

  LoadedModel &model;
  StringMap<const pb::TypeProto *> types;
  /// Until they are named, parts are called this and their number.
  std::string partMark;
  std::vector<Part> parts;
  std::deque<pb::TypeProto> initializerTypes;
};

bool isExpanded(const pb::NodeProto &node) {
  if (hasFunctionBody(node.domain(), node.op_type()))
    return true;
  return node.domain().empty() &&
         is_contained(kExpandedOperators, StringRef(node.op_type()));
}

} // namespace

Error expandFunctions(LoadedModel &model) {
  declarePackedOperands(model);
  // Function bodies use other functions, and some depend on shapes that are
  // known when those before them are expanded.
  for (bool changed = true; changed;) {
    changed = false;
    Expander expander(model);
    if (Error error = catchErrors("cannot expand an operator", [&] {
          for (pb::NodeProto &node :
               *model.proto.mutable_graph()->mutable_node())
            if (isExpanded(node))
              changed |= expander.makeCall(node);
        }))
      return error;
    if (!changed)
      break;
    pb::OperatorSetIdProto opset;
    opset.set_domain(kExpansionDomain);
    opset.set_version(1);
    addMissingOpsets(model.proto, opset);
    if (Error error = inlineFunctions(model))
      return error;
    expander.nameParts(*model.proto.mutable_graph());
    if (Error error = inferTypes(model))
      return error;
  }
  return Error::success();
}

} // namespace garam::onnx
