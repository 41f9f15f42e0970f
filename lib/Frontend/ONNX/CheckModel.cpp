//===- CheckModel.cpp - Refuses models that are invalid or unknown --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FunctionBodies.h"
#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"

#include "onnx/checker.h"
#include "onnx/defs/schema.h"
#include "llvm/ADT/StringSet.h"

#include <map>

using namespace llvm;

namespace garam::onnx {
namespace {

/// More nodes than this after inlining are taken for an attack: functions that
/// call each other twice, a hundred deep, would fill any memory.
constexpr uint64_t kMaxInlinedNodes = 10'000'000;

std::string describeDomain(StringRef domain) {
  return domain.empty() ? "ai.onnx" : domain.str();
}

/// A key that a call and its function share.
std::string getFunctionKey(StringRef domain, StringRef name,
                           StringRef overload) {
  return (domain + Twine('\0') + name + Twine('\0') + overload).str();
}

using Functions = std::map<std::string, pb::FunctionProto *>;

Functions collectFunctions(pb::ModelProto &proto) {
  Functions functions;
  for (pb::FunctionProto &function : *proto.mutable_functions())
    functions[getFunctionKey(function.domain(), function.name(),
                             function.overload())] = &function;
  return functions;
}

pb::FunctionProto *lookupCallee(const Functions &functions,
                                const pb::NodeProto &node) {
  auto found = functions.find(
      getFunctionKey(node.domain(), node.op_type(), node.overload()));
  return found == functions.end() ? nullptr : found->second;
}

/// Finds nodes whose operator has neither a schema nor a function.
class OperatorCheck {
public:
  OperatorCheck(LoadedModel &model)
      : functions(collectFunctions(model.proto)) {}

  void checkGraph(pb::GraphProto &graph, const pb::ModelProto &model) {
    StringSet<> typed;
    for (const pb::ValueInfoProto &value : graph.value_info())
      if (value.has_type())
        typed.insert(value.name());
    visitNodes(graph, [&](pb::NodeProto &node) {
      if (std::string why =
              explain(node, getOpsetVersion(model, node.domain()), &typed);
          !why.empty())
        add(node, model.opset_import(), /*place=*/"", why);
    });
  }

  void checkFunction(pb::FunctionProto &function) {
    StringMap<int> opsets;
    for (const pb::OperatorSetIdProto &opset : function.opset_import())
      opsets[opset.domain()] = int(opset.version());
    std::string place = " in function '" + function.name() + "'";
    visitNodes(function, [&](pb::NodeProto &node) {
      if (std::string why =
              explain(node, opsets.lookup(node.domain()), nullptr);
          !why.empty())
        add(node, function.opset_import(), place, why);
    });
  }

  /// One thing that is wrong for each node.
  Error finish() {
    if (unknown.empty())
      return Error::success();
    return makeDiagnosedError(ExitCode::Model, std::move(unknown));
  }

private:
  /// Why nobody knows the operator of `node`; empty when it is known.
  std::string explain(const pb::NodeProto &node, int opset,
                      const StringSet<> *typed) {
    auto *registry = pb::OpSchemaRegistry::Instance();
    const std::string &domain = node.domain();
    bool isStandard =
        pb::OpSchemaRegistry::DomainToVersionRange::Instance().Map().count(
            domain) != 0;
    bool callsFunction = lookupCallee(functions, node) != nullptr;
    if (callsFunction && !isStandard)
      return "";
    if (opset > 0 && (registry->GetSchema(node.op_type(), opset, domain) ||
                      hasFunctionBody(domain, node.op_type())))
      return "";
    const pb::OpSchema *newest =
        pb::OpSchemaRegistry::Schema(node.op_type(), domain);
    if (opset == 0)
      return "the model imports no version of its domain";
    if (newest)
      return "the operator came with opset " +
             std::to_string(newest->since_version()) +
             " or an earlier one, but the model imports " +
             std::to_string(opset) +
             "; hint: export it again with a matching opset_version";
    if (callsFunction)
      return "the function of that name is in a domain of ONNX's own "
             "operators, needed one in a domain of the model's; hint: rename "
             "the domain of the function and of the nodes that call it, as "
             "'com.example'";
    if (isStandard)
      return "no opset of ONNX up to " + std::to_string(kInternalOpset) +
             " has this operator";
    if (typed && hasTypedOutputs(node, *typed))
      return ""; // Kept as it is; its lowering may be a plugin's.
    return "the operator is not one of ONNX, and the model does not tell the "
           "types of its outputs";
  }

  void
  add(const pb::NodeProto &node,
      const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &opsets,
      StringRef place, StringRef why) {
    DiagnosisParts parts = DiagnosisParts::parse(why);
    parts.nodes.push_back(describeNode(node, opsets, place));
    unknown.push_back(std::move(parts));
  }

  static bool hasTypedOutputs(const pb::NodeProto &node,
                              const StringSet<> &typed) {
    return all_of(node.output(), [&](const std::string &output) {
      return output.empty() || typed.contains(output);
    });
  }

  Functions functions;
  std::vector<DiagnosisParts> unknown;
};

/// `owner` says whose imports these are: "the model", "function 'F'".
Error checkEqualVersions(
    const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &opsets,
    const std::string &owner) {
  StringMap<int64_t> versions;
  for (const pb::OperatorSetIdProto &opset : opsets) {
    auto [known, isNew] = versions.try_emplace(opset.domain(), opset.version());
    if (!isNew && known->second != opset.version())
      return makeUserError(
          ExitCode::Model,
          owner + " imports opsets " + Twine(known->second) + " and " +
              Twine(opset.version()) + " of domain " +
              describeDomain(opset.domain()) +
              ", needed one version of each domain; hint: keep the one that "
              "the nodes were exported for");
  }
  return Error::success();
}

Error checkOpsets(const pb::ModelProto &proto) {
  if (Error error = checkEqualVersions(proto.opset_import(), "the model"))
    return error;
  for (const pb::FunctionProto &function : proto.functions())
    if (Error error = checkEqualVersions(function.opset_import(),
                                         "function '" + function.name() + "'"))
      return error;
  auto known = pb::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  for (const pb::OperatorSetIdProto &opset : proto.opset_import()) {
    auto range = known.find(opset.domain());
    if (range == known.end())
      continue;
    int64_t version = opset.version();
    if (version < range->second.first || version > range->second.second)
      return makeUserError(
          ExitCode::Model,
          "the model imports opset " + Twine(version) + " of domain " +
              describeDomain(opset.domain()) + ", but versions " +
              Twine(range->second.first) + " to " +
              Twine(range->second.second) +
              " are supported; export it again with one of these");
  }
  return Error::success();
}

/// The number of nodes that each function becomes when inlined. The checker has
/// made sure that calls have no cycle.
class InlinedSize {
public:
  explicit InlinedSize(const Functions &functions) : functions(functions) {}

  template <typename Graph>
  uint64_t get(Graph &graph) {
    uint64_t total = 0;
    visitNodes(graph, [&](pb::NodeProto &node) {
      total = std::min(kMaxInlinedNodes + 1, total + getNode(node));
    });
    return total;
  }

private:
  uint64_t getNode(const pb::NodeProto &node) {
    pb::FunctionProto *callee = lookupCallee(functions, node);
    if (!callee)
      return 1;
    auto known = sizes.find(callee);
    if (known != sizes.end())
      return known->second;
    uint64_t size = get(*callee);
    sizes[callee] = size;
    return size;
  }

  const Functions &functions;
  std::map<pb::FunctionProto *, uint64_t> sizes;
};

bool isWhole(const pb::TypeProto &type) {
  switch (type.value_case()) {
  case pb::TypeProto::VALUE_NOT_SET:
    return false;
  case pb::TypeProto::kTensorType:
    return type.tensor_type().elem_type() != pb::TensorProto::UNDEFINED &&
           type.tensor_type().has_shape();
  default:
    return true;
  }
}

/// The checker takes whole types of inputs and outputs only. Those of outputs
/// can be inferred, the shapes of inputs bound.
Error runChecker(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
  std::vector<std::pair<pb::ValueInfoProto *, pb::ValueInfoProto>> partial;
  auto complete = [&](pb::ValueInfoProto &value, int elementType) {
    partial.emplace_back(&value, value);
    auto &tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(elementType);
    tensor.mutable_shape();
  };
  for (pb::ValueInfoProto &input : *graph.mutable_input()) {
    int elementType = input.type().tensor_type().elem_type();
    if (!isWhole(input.type()) && elementType == pb::TensorProto::UNDEFINED)
      return makeUserError(ExitCode::Model,
                           "input '" + input.name() +
                               "' has no element type, needed one; hint: "
                               "declare its type in the model");
    if (!isWhole(input.type()))
      complete(input, elementType);
  }
  for (pb::ValueInfoProto &output : *graph.mutable_output())
    if (!isWhole(output.type()))
      complete(output, pb::TensorProto::FLOAT);
  Error error = catchErrors("the onnx checker refuses the model", [&] {
    pb::checker::check_model(model.proto, /*full_check=*/false,
                             /*skip_opset_compatibility_check=*/true);
  });
  for (auto &[value, declared] : partial) {
    value->Swap(&declared);
    if (value->type().tensor_type().elem_type() == pb::TensorProto::UNDEFINED)
      value->clear_type();
  }
  if (!error)
    return error;
  Error explained = explainRefusal(model);
  if (!explained)
    return error;
  consumeError(std::move(error));
  return explained;
}

/// Types that a model declares are stale as soon as a dimension is bound, so
/// only those that nothing can infer are kept: of operators without a schema.
void dropInferableTypes(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
  StringSet<> opaque;
  auto *registry = pb::OpSchemaRegistry::Instance();
  for (const pb::NodeProto &node : graph.node())
    if (!registry->GetSchema(node.op_type(),
                             getOpsetVersion(model.proto, node.domain()),
                             node.domain()))
      opaque.insert(node.output().begin(), node.output().end());
  for (const pb::ValueInfoProto &value : graph.value_info())
    if (opaque.contains(value.name()))
      model.declaredTypes.push_back(value);
  for (pb::ValueInfoProto &output : *graph.mutable_output()) {
    model.declaredOutputs.push_back(output);
    if (output.type().has_tensor_type())
      output.mutable_type()->mutable_tensor_type()->clear_shape();
  }
}

} // namespace

Error checkModel(LoadedModel &model) {
  pb::GraphProto &graph = *model.proto.mutable_graph();
  if (Error error = checkOpsets(model.proto))
    return error;
  nameNodes(graph);
  recordNodes(model);
  for (pb::FunctionProto &function : *model.proto.mutable_functions())
    nameNodes(function);
  if (Error error = checkNames(model))
    return error;
  if (Error error = checkDivisors(model))
    return error;
  if (Error error = checkBodyNames(model))
    return error;
  rewriteGroupNormalizations(model.proto);

  OperatorCheck operators(model);
  operators.checkGraph(graph, model.proto);
  for (pb::FunctionProto &function : *model.proto.mutable_functions())
    operators.checkFunction(function);
  if (Error error = operators.finish())
    return error;

  if (Error error = sortNodes(model))
    return error;
  if (Error error = runChecker(model))
    return error;
  Functions functions = collectFunctions(model.proto);
  if (InlinedSize(functions).get(graph) > kMaxInlinedNodes)
    return makeUserError(ExitCode::Model,
                         "the model's functions would expand to more than " +
                             Twine(kMaxInlinedNodes) + " nodes");
  dropInferableTypes(model);
  return Error::success();
}

} // namespace garam::onnx
