//===- ExpandFunctions.cpp - Operators that ONNX defines by others --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"
#include "LoadedModel.h"

#include "onnx/defs/schema.h"
#include "llvm/ADT/ScopedHashTable.h"
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

bool isExpanded(const pb::NodeProto &node) {
  if (hasFunctionBody(node.domain(), node.op_type()))
    return true;
  return node.domain().empty() &&
         is_contained(kExpandedOperators, StringRef(node.op_type()));
}

class Expander {
public:
  explicit Expander(LoadedModel &model)
      : model(model), partMark(findPartMark(*model.proto.mutable_graph())) {}

  /// Turns the nodes of the model that are expanded into calls. False when
  /// there are none that can be.
  bool expandModel() {
    Scope scope(types);
    pb::GraphProto &graph = *model.proto.mutable_graph();
    addTypes(graph);
    // What inference leaves open is as the model declares it.
    for (const pb::ValueInfoProto &output : model.declaredOutputs)
      if (isFixed(output.type()))
        types.insert(output.name(), &output.type());
    return expandNodes(graph);
  }

  /// What is not supported of nodes that have a body otherwise, as far as types
  /// are known.
  std::vector<DiagnosisParts> takeRefusals() { return std::move(refusals); }

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
  /// Types by the names of values: a body sees those of the graphs around it.
  using Types = ScopedHashTable<StringRef, const pb::TypeProto *>;
  using Scope = Types::ScopeTy;

  void addTypes(const pb::GraphProto &graph) {
    for (const auto *values :
         {&graph.input(), &graph.value_info(), &graph.output()})
      for (const pb::ValueInfoProto &value : *values)
        types.insert(value.name(), &value.type());
    for (const pb::TensorProto &tensor : graph.initializer()) {
      auto &type = *initializerTypes.emplace_back().mutable_tensor_type();
      type.set_elem_type(tensor.data_type());
      type.mutable_shape();
      for (int64_t dim : tensor.dims())
        type.mutable_shape()->add_dim()->set_dim_value(dim);
      types.insert(tensor.name(), &initializerTypes.back());
    }
  }

  /// The same of a graph and the bodies in it; types are those of its scope.
  bool expandNodes(pb::GraphProto &graph) {
    bool changed = false;
    auto expandBody = [&](pb::GraphProto &body) {
      Scope scope(types);
      addTypes(body);
      changed |= expandNodes(body);
    };
    for (pb::NodeProto &node : *graph.mutable_node()) {
      for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
        if (attribute.has_g())
          expandBody(*attribute.mutable_g());
        for (pb::GraphProto &body : *attribute.mutable_graphs())
          expandBody(body);
      }
      if (isExpanded(node))
        changed |= makeCall(node);
    }
    return changed;
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
    // A definition of the library is good for every opset from its own on: the
    // library does not convert it either. The inliner would, by the types of
    // the whole model, and knows none of those in bodies.
    for (pb::OperatorSetIdProto &import : *function.mutable_opset_import())
      if (import.domain().empty())
        import.set_version(opset);
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

  static bool isFixed(const pb::TypeProto &type) {
    return type.tensor_type().has_shape() &&
           llvm::all_of(type.tensor_type().shape().dim(),
                        [](const auto &dim) { return dim.has_dim_value(); });
  }

  bool buildFunction(const pb::OpSchema *schema, const pb::NodeProto &node,
                     int opset, pb::FunctionProto &function) {
    std::vector<pb::TypeProto> inputTypes = listTypes(node.input());
    std::string refusal;
    if (buildFunctionBody(node, inputTypes, listTypes(node.output()), opset,
                          function, refusal))
      return true;
    if (!refusal.empty()) {
      refusals.push_back(DiagnosisParts::parse(refusal));
      refusals.back().nodes.push_back(describeOrigin(model, node));
    }
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
  Types types;
  /// Until they are named, parts are called this and their number.
  std::string partMark;
  std::vector<Part> parts;
  std::vector<DiagnosisParts> refusals;
  std::deque<pb::TypeProto> initializerTypes;
};

} // namespace

Error expandFunctions(LoadedModel &model) {
  declarePackedOperands(model);
  // Function bodies use other functions, and some depend on shapes that are
  // known when those before them are expanded.
  for (bool changed = true; changed;) {
    changed = false;
    Expander expander(model);
    if (Error error = catchErrors("cannot expand an operator",
                                  [&] { changed = expander.expandModel(); }))
      return error;
    if (!changed) {
      std::vector<DiagnosisParts> refusals = expander.takeRefusals();
      if (refusals.empty())
        break;
      return makeDiagnosedError(ExitCode::Model, std::move(refusals));
    }
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
