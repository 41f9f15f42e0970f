//===- ExplainNode.cpp - Why the onnx checker refuses a node --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The checker's messages name a node by the way, and say neither which version
// of its operator is meant nor what that takes. Here the node is found that an
// operator's definition does not fit, or one of whose attributes has not
// exactly one value, and told what was found and what is needed.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Support/DiagnosedError.h"

#include "onnx/defs/schema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <limits>
#include <map>

using namespace llvm;

namespace garam::onnx {
namespace {

using Parameter = pb::OpSchema::FormalParameter;

/// "2", "1 to 3" or "at least 1".
std::string describeRange(int least, int most) {
  if (least == most)
    return std::to_string(least);
  if (most == std::numeric_limits<int>::max())
    return "at least " + std::to_string(least);
  return std::to_string(least) + " to " + std::to_string(most);
}

/// What `what` ("input") means to the operator, in order.
std::string listParameters(StringRef what,
                           const std::vector<Parameter> &parameters) {
  auto describe = [](const Parameter &parameter) {
    StringRef kind =
        parameter.GetOption() == pb::OpSchema::Optional   ? " (may be left out)"
        : parameter.GetOption() == pb::OpSchema::Variadic ? " (any number)"
                                                          : "";
    return (parameter.GetName() + kind).str();
  };
  return "the " + what.str() + "s are " +
         join(map_range(parameters, describe), ", ");
}

std::string explainNumber(StringRef what, int found, int least, int most,
                          const std::vector<Parameter> &parameters) {
  return "it has " + std::to_string(found) + " " + what.str() +
         (found == 1 ? "" : "s") + ", needed " + describeRange(least, most) +
         "; hint: " + listParameters(what, parameters);
}

template <typename Names>
std::string explainMissing(StringRef what, const Names &names,
                           const std::vector<Parameter> &parameters) {
  for (auto [index, parameter] : enumerate(parameters))
    if (int(index) < names.size() && names.Get(index).empty() &&
        parameter.GetOption() == pb::OpSchema::Single)
      return what.str() + " " + std::to_string(index) + " (" +
             parameter.GetName() + ") is left out, needed a value; hint: " +
             listParameters(what, parameters);
  return "";
}

std::string describeType(int type) {
  return pb::AttributeProto::AttributeType_Name(
      static_cast<pb::AttributeProto::AttributeType>(type));
}

std::string explainAttributes(const pb::OpSchema &schema,
                              const pb::NodeProto &node) {
  // Sorted, so that the first of several reasons is the same everywhere.
  std::map<std::string, pb::OpSchema::Attribute> known(
      schema.attributes().begin(), schema.attributes().end());
  for (const pb::AttributeProto &attribute : node.attribute()) {
    auto definition = known.find(attribute.name());
    bool isInternal = StringRef(attribute.name()).starts_with("__");
    if (definition == known.end() && !isInternal) {
      std::string names = join(make_first_range(known), ", ");
      return "it has attribute '" + attribute.name() + "', needed " +
             (names.empty() ? "none" : "only " + names) +
             "; hint: leave it out, or export the model for the opset whose "
             "operator has it";
    }
    if (definition != known.end() &&
        attribute.type() != definition->second.type)
      return "attribute '" + attribute.name() + "' is of type " +
             describeType(attribute.type()) + ", needed " +
             describeType(definition->second.type);
  }
  for (const auto &[name, definition] : known)
    if (definition.required && !findAttribute(node, name))
      return "it has no attribute '" + name + "', needed one of type " +
             describeType(definition.type) +
             "; hint: the operator has no default for it";
  return "";
}

/// The types of the values that an attribute has; lists without elements do not
/// count.
std::vector<pb::AttributeProto::AttributeType>
listValues(const pb::AttributeProto &attribute) {
  using Attribute = pb::AttributeProto;
  const std::pair<bool, Attribute::AttributeType> fields[] = {
      {attribute.has_f(), Attribute::FLOAT},
      {attribute.has_i(), Attribute::INT},
      {attribute.has_s(), Attribute::STRING},
      {attribute.has_t(), Attribute::TENSOR},
      {attribute.has_g(), Attribute::GRAPH},
      {attribute.has_sparse_tensor(), Attribute::SPARSE_TENSOR},
      {attribute.has_tp(), Attribute::TYPE_PROTO},
      {attribute.floats_size() > 0, Attribute::FLOATS},
      {attribute.ints_size() > 0, Attribute::INTS},
      {attribute.strings_size() > 0, Attribute::STRINGS},
      {attribute.tensors_size() > 0, Attribute::TENSORS},
      {attribute.graphs_size() > 0, Attribute::GRAPHS},
      {attribute.sparse_tensors_size() > 0, Attribute::SPARSE_TENSORS},
      {attribute.type_protos_size() > 0, Attribute::TYPE_PROTOS}};
  std::vector<Attribute::AttributeType> types;
  for (auto [isGiven, type] : fields)
    if (isGiven)
      types.push_back(type);
  return types;
}

/// Of attributes alone: one has exactly one value, of the type that it is said
/// to have. A list may be empty, and a function's caller may give the value.
std::string explainValues(const pb::NodeProto &node) {
  for (const pb::AttributeProto &attribute : node.attribute()) {
    auto types = listValues(attribute);
    std::string found = join(map_range(types, describeType), " and ");
    std::string begin = "attribute '" + attribute.name() + "' has ";
    if (types.size() > 1)
      return begin + "values of types " + found +
             ", needed one; hint: keep the one that is meant, and its type";
    bool isTyped = attribute.has_type();
    if (types.size() == 1 && isTyped && types.front() != attribute.type())
      return begin + "a value of type " + found + " and says that it is " +
             describeType(attribute.type()) +
             ", needed one type for both; hint: correct the wrong one";
    bool isList = StringRef(describeType(attribute.type())).ends_with("S");
    if (types.empty() && isTyped && !isList && !attribute.has_ref_attr_name())
      return begin + "no value, needed one of type " +
             describeType(attribute.type()) +
             "; hint: leave the attribute out where its default is meant";
  }
  return "";
}

/// What does not fit; empty for what is not one of the commonest reasons.
std::string explain(const pb::OpSchema &schema, const pb::NodeProto &node) {
  // The definition alone may be, with another one in a later opset.
  const pb::OpSchema *newest =
      pb::OpSchemaRegistry::Schema(node.op_type(), node.domain());
  if (schema.deprecated() && newest && newest->deprecated())
    return "no opset from " + std::to_string(schema.since_version()) +
           " on has the operator, needed one that takes its place; hint: "
           "export the model again, or for an older opset";
  int inputs = node.input_size(), outputs = node.output_size();
  if (inputs < schema.min_input() || inputs > schema.max_input())
    return explainNumber("input", inputs, schema.min_input(),
                         schema.max_input(), schema.inputs());
  if (outputs < schema.min_output() || outputs > schema.max_output())
    return explainNumber("output", outputs, schema.min_output(),
                         schema.max_output(), schema.outputs());
  std::string missing = explainMissing("input", node.input(), schema.inputs());
  if (missing.empty())
    missing = explainMissing("output", node.output(), schema.outputs());
  return missing.empty() ? explainAttributes(schema, node) : missing;
}

bool fitsDefinition(const pb::OpSchema &schema, const pb::NodeProto &node) {
  try {
    schema.Verify(node);
    return true;
  } catch (const std::exception &) {
    return false;
  }
}

/// The error of a node that the definition of its operator does not fit.
Error verifyNode(const pb::NodeProto &node, int opset) {
  std::string why = explainValues(node);
  const pb::OpSchema *schema = pb::OpSchemaRegistry::Instance()->GetSchema(
      node.op_type(), opset, node.domain());
  if (why.empty() && schema && !fitsDefinition(*schema, node))
    why = explain(*schema, node);
  if (why.empty())
    return Error::success();
  DiagnosedNode described{node.name(), node.op_type(), opset, /*detail=*/""};
  if (!node.domain().empty())
    described.detail = ", domain " + node.domain();
  return addNode(makeUserError(ExitCode::Model, why), described);
}

} // namespace

Error explainRefusal(LoadedModel &model) {
  Error found = Error::success();
  auto verify = [&](const pb::NodeProto &node, int opset) {
    if (!found)
      found = verifyNode(node, opset);
  };
  visitNodes(*model.proto.mutable_graph(), [&](pb::NodeProto &node) {
    verify(node, getOpsetVersion(model.proto, node.domain()));
  });
  for (pb::FunctionProto &function : *model.proto.mutable_functions()) {
    StringMap<int> opsets;
    for (const pb::OperatorSetIdProto &opset : function.opset_import())
      opsets[opset.domain()] = int(opset.version());
    visitNodes(function, [&](pb::NodeProto &node) {
      verify(node, opsets.lookup(node.domain()));
    });
  }
  return found;
}

} // namespace garam::onnx
