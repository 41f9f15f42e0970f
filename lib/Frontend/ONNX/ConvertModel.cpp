//===- ConvertModel.cpp - One opset, no functions -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"

#include "llvm/ADT/StringSet.h"

#include "onnx/defs/schema.h"
#include "onnx/inliner/inliner.h"

#include <map>
#include <tuple>

using namespace llvm;

namespace garam::onnx {
namespace {

/// Whether every operator that a function uses is the same in two versions of
/// the default domain.
bool isSameInBoth(pb::FunctionProto &function, int first, int second) {
  auto *registry = pb::OpSchemaRegistry::Instance();
  bool same = true;
  visitNodes(function, [&](pb::NodeProto &node) {
    if (!node.domain().empty())
      return;
    auto *before = registry->GetSchema(node.op_type(), first);
    auto *after = registry->GetSchema(node.op_type(), second);
    same &=
        before && after && before->since_version() == after->since_version();
  });
  return same;
}

/// Functions may import other versions than the model. The inliner converts
/// such functions, which works for simple ones only, so it is spared where the
/// versions do not differ for the function.
void alignOpsets(pb::ModelProto &proto) {
  int version = getOpsetVersion(proto, "");
  for (pb::FunctionProto &function : *proto.mutable_functions())
    for (pb::OperatorSetIdProto &opset : *function.mutable_opset_import())
      if (opset.domain().empty() && opset.version() != version &&
          isSameInBoth(function, int(opset.version()), version))
        opset.set_version(version);
}

/// The inliner drops what a function declares as the default of an attribute,
/// so calls that leave the attribute out are given it.
void addDefaultAttributes(pb::ModelProto &proto) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, const pb::FunctionProto *> functions;
  for (const pb::FunctionProto &function : proto.functions())
    functions[{function.domain(), function.name(), function.overload()}] =
        &function;
  auto addDefaults = [&](pb::NodeProto &node) {
    auto callee =
        functions.find({node.domain(), node.op_type(), node.overload()});
    if (callee == functions.end())
      return;
    StringSet<> present;
    for (const pb::AttributeProto &attribute : node.attribute())
      present.insert(attribute.name());
    for (const pb::AttributeProto &value : callee->second->attribute_proto())
      if (!present.contains(value.name()))
        *node.add_attribute() = value;
  };
  visitNodes(*proto.mutable_graph(), addDefaults);
  for (pb::FunctionProto &function : *proto.mutable_functions())
    visitNodes(function, addDefaults);
}

} // namespace

void addMissingOpsets(pb::ModelProto &proto,
                      ArrayRef<pb::OperatorSetIdProto> opsets) {
  for (const pb::OperatorSetIdProto &opset : opsets)
    if (getOpsetVersion(proto, opset.domain()) == 0)
      *proto.add_opset_import() = opset;
}

/// Gives initializers that are no inputs types that the inliner sees: it
/// converts bodies to the model's opset by the types of their operands. Returns
/// their names.
static StringSet<> declareInitializers(pb::GraphProto &graph) {
  StringSet<> typed, declared;
  for (const auto *values : {&graph.input(), &graph.value_info()})
    for (const pb::ValueInfoProto &value : *values)
      typed.insert(value.name());
  for (const pb::TensorProto &tensor : graph.initializer()) {
    if (!typed.insert(tensor.name()).second)
      continue;
    declared.insert(tensor.name());
    pb::ValueInfoProto &value = *graph.add_value_info();
    value.set_name(tensor.name());
    auto &type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(tensor.data_type());
    type.mutable_shape();
    for (int64_t size : tensor.dims())
      type.mutable_shape()->add_dim()->set_dim_value(size);
  }
  return declared;
}

static void dropValueInfos(pb::GraphProto &graph, const StringSet<> &names) {
  auto &values = *graph.mutable_value_info();
  values.erase(llvm::remove_if(values,
                               [&](const pb::ValueInfoProto &value) {
                                 return names.contains(value.name());
                               }),
               values.end());
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
  alignOpsets(proto);
  addDefaultAttributes(proto);
  StringSet<> declared = declareInitializers(*proto.mutable_graph());
  if (Error error = catchErrors("cannot inline the model's functions", [&] {
        pb::inliner::InlineLocalFunctions(proto, /*convert_version=*/true);
      }))
    return error;
  dropValueInfos(*proto.mutable_graph(), declared);
  // The inliner names the nodes of a function but not those that its
  // conversion to the model's opset makes.
  nameNodes(*proto.mutable_graph());
  if (proto.functions_size() != 0)
    return makeUserError(ExitCode::Model,
                         "cannot inline function '" +
                             proto.functions(0).name() +
                             "': it imports other operator set versions than "
                             "the model");
  return Error::success();
}

namespace {

/// Names the nodes that a conversion made. A converter's new nodes have no
/// name: the one that computes a value of the old model stands for the node
/// that computed it, helpers belong to the node they help, the first that uses
/// them.
class Renamer {
public:
  explicit Renamer(pb::GraphProto &before) {
    visitNodes(before, [&](pb::NodeProto &node) {
      for (const std::string &output : node.output())
        if (!output.empty())
          idOfValue[output] = getOrigin(node);
    });
  }

  void rename(pb::GraphProto &after) {
    visitNodes(after, [&](pb::NodeProto &node) {
      if (!node.name().empty())
        names.insert(node.name());
    });
    renameGraph(after);
  }

private:
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
        for (unsigned k = 1; !names.insert(name).second; ++k)
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
  StringMap<std::string> idOfValue;
};

Error convertToInternalOpset(LoadedModel &model) {
  int version = getOpsetVersion(model.proto, "");
  if (version == 0 || version == kInternalOpset)
    return Error::success();
  Renamer renamer(*model.proto.mutable_graph());
  if (Error error =
          catchErrors(("cannot convert the model from opset " + Twine(version) +
                       " to " + Twine(kInternalOpset) +
                       "; export it again with a newer opset_version")
                          .str(),
                      [&] { convertVersion(model.proto, kInternalOpset); }))
    return error;
  renamer.rename(*model.proto.mutable_graph());
  return Error::success();
}

} // namespace

Error convertModel(LoadedModel &model) {
  if (Error error = inlineFunctions(model))
    return error;
  recordNodes(model);
  if (getOpsetVersion(model.proto, "") != kInternalOpset)
    if (Error error = inferTypes(model)) // Adapters ask for ranks and sizes.
      return error;
  if (Error error = alignBroadcasts(model))
    return error;
  int formerOpset = getOpsetVersion(model.proto, "");
  if (Error error = convertToInternalOpset(model))
    return error;
  nameResizingModes(model, formerOpset);
  flattenHardmax(model, formerOpset);
  showAlignedOperators(model);
  return Error::success();
}

} // namespace garam::onnx
