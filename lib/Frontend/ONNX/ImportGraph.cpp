//===- ImportGraph.cpp - From a LoadedModel to MLIR -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImportGraph.h"

#include "ImportAttributes.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/Support/DiagnosedError.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "onnx/defs/schema.h"

#include <map>

using namespace llvm;
using namespace mlir;

namespace garam::onnx {
namespace {

Error fail(const Twine &what) { return makeUserError(ExitCode::Model, what); }

DiagnosedNode describe(const pb::NodeProto &node) {
  DiagnosedNode described{node.name(), node.op_type(), std::nullopt,
                          /*detail=*/""};
  if (!node.domain().empty())
    described.detail = " of " + node.domain();
  return described;
}

/// Names and types that are visible in a graph, its own and the outer ones'.
/// ONNX has no shadowing.
struct Scope {
  const Scope *outer = nullptr;
  StringMap<Value> values;
  StringMap<const pb::TypeProto *> types;
  StringMap<const pb::TensorProto *> initializers;
};

class Importer {
public:
  Importer(const LoadedModel &model, MLIRContext *context)
      : model(model), context(context), builder(context) {}

  Expected<OwningOpRef<ModuleOp>> import();

private:
  Location getLoc(StringRef id) {
    return getNodeLoc(context, model.fileName, id);
  }

  Scope makeScope(const pb::GraphProto &graph, const Scope *outer);
  Error importArguments(const pb::GraphProto &graph, Scope &scope);
  Error importBody(const pb::GraphProto &graph, Scope &scope,
                   SmallVectorImpl<Value> &outputs);
  Error importNode(const pb::NodeProto &node, Scope &scope);
  Error importRegions(const pb::NodeProto &node, OperationState &state,
                      const Scope &scope);
  Error importRegion(const pb::GraphProto &graph, Region &region,
                     const Scope &outer);
  Expected<DictionaryAttr> importAttributes(const pb::NodeProto &node,
                                            const pb::OpSchema *schema);
  Expected<Type> importOutputType(const pb::NodeProto &node,
                                  const std::string &output,
                                  const Scope &scope);
  Expected<Value> lookup(const std::string &name, const Scope &scope);
  Value makeConstant(StringRef name, ElementsAttr value);
  Value makeNone();
  ArrayAttr getOriginAttr(const pb::NodeProto &node, int64_t opset);
  ArrayAttr getDimNames(const pb::ValueInfoProto &input);

  const LoadedModel &model;
  MLIRContext *context;
  OpBuilder builder;
  func::FuncOp function;
  /// The block of `main`. Constants are added to its end at their first use,
  /// which is after all that exists and before the user, or before the node
  /// whose body has the user.
  Block *entry = nullptr;
  StringMap<Value> constants;
  Value none;
};

Scope Importer::makeScope(const pb::GraphProto &graph, const Scope *outer) {
  Scope scope;
  scope.outer = outer;
  for (const auto *values :
       {&graph.value_info(), &graph.input(), &graph.output()})
    for (const pb::ValueInfoProto &value : *values)
      scope.types[value.name()] = &value.type();
  for (const pb::TensorProto &tensor : graph.initializer())
    scope.initializers[tensor.name()] = &tensor;
  return scope;
}

Value Importer::makeConstant(StringRef name, ElementsAttr value) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(entry);
  auto op = ConstantOp::create(builder, getLoc(name), value.getType(), value,
                               builder.getStringAttr(name));
  return op.getResult();
}

Value Importer::makeNone() {
  if (none)
    return none;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(entry);
  none =
      NoneOp::create(builder, UnknownLoc::get(context), builder.getNoneType());
  return none;
}

Expected<Value> Importer::lookup(const std::string &name, const Scope &scope) {
  if (name.empty())
    return makeNone();
  for (const Scope *current = &scope; current; current = current->outer) {
    auto known = current->values.find(name);
    if (known != current->values.end())
      return known->second;
    auto tensor = current->initializers.find(name);
    if (tensor == current->initializers.end())
      continue;
    const pb::TensorProto &proto = *tensor->second;
    if (proto.data_type() == pb::TensorProto::STRING)
      return fail("initializer '" + name +
                  "': tensors of strings are not supported");
    // Subgraphs that are siblings may use one name for different tensors.
    bool isOuter = current->outer == nullptr;
    if (Value constant = constants.lookup(name); constant && isOuter)
      return constant;
    Expected<WeightRef> data = model.tensors->get(proto);
    if (!data)
      return data.takeError();
    SmallVector<int64_t> shape(proto.dims().begin(), proto.dims().end());
    Expected<ElementsAttr> value =
        importTensor(name, proto.data_type(), shape, *data, context);
    if (!value)
      return value.takeError();
    Value constant = makeConstant(name, *value);
    if (isOuter)
      constants[name] = constant;
    return constant;
  }
  auto weight = model.weights.find(name);
  if (weight == model.weights.end())
    return fail("value '" + name + "' is used but never computed");
  Value &constant = constants[name];
  if (constant)
    return constant;
  Expected<ElementsAttr> value =
      importTensor(name, weight->second.elementType, weight->second.shape,
                   weight->second.data, context);
  if (!value)
    return value.takeError();
  return constant = makeConstant(name, *value);
}

Expected<Type> Importer::importOutputType(const pb::NodeProto &node,
                                          const std::string &output,
                                          const Scope &scope) {
  if (output.empty())
    return builder.getNoneType();
  std::string what = "output '" + output + "'";
  auto known = scope.types.find(output);
  if (known == scope.types.end())
    return addNode(fail(what + " has no type that can be inferred"),
                   describe(node));
  Expected<Type> type = importType(what, *known->second, context);
  if (!type)
    return addNode(type.takeError(), describe(node));
  return type;
}

Expected<DictionaryAttr>
Importer::importAttributes(const pb::NodeProto &node,
                           const pb::OpSchema *schema) {
  NamedAttrList attributes;
  auto add = [&](const pb::AttributeProto &attribute) -> Error {
    Expected<Attribute> value =
        importAttribute(node.name(), attribute, *model.tensors, context);
    if (!value)
      return value.takeError();
    attributes.set(attribute.name(), *value);
    return Error::success();
  };
  for (const pb::AttributeProto &attribute : node.attribute()) {
    bool isBody = attribute.type() == pb::AttributeProto::GRAPH;
    if (!isBody)
      if (Error error = add(attribute))
        return std::move(error);
  }
  if (schema)
    for (const auto &[name, attribute] : schema->attributes())
      if (attribute.default_value.has_type() && !attributes.get(name))
        if (Error error = add(attribute.default_value))
          return std::move(error);
  return attributes.getDictionary(context);
}

/// What the file says of the node, where a conversion made another one of it.
ArrayAttr Importer::getOriginAttr(const pb::NodeProto &node, int64_t opset) {
  std::string id = getOrigin(node);
  auto origin = model.nodes.find(id);
  if (origin == model.nodes.end())
    return {};
  const NodeOrigin &known = origin->second;
  if (id == node.name() && known.opType == node.op_type() &&
      known.opset == opset)
    return {};
  return builder.getArrayAttr({builder.getStringAttr(id),
                               builder.getStringAttr(known.opType),
                               builder.getI64IntegerAttr(known.opset)});
}

Error Importer::importNode(const pb::NodeProto &node, Scope &scope) {
  if (node.domain().empty() && node.op_type() == "Constant") {
    Expected<ElementsAttr> value =
        importConstant(node, *model.tensors, context);
    if (!value)
      return value.takeError();
    scope.values[node.output(0)] =
        ConstantOp::create(builder, getLoc(getOrigin(node)), value->getType(),
                           *value, builder.getStringAttr(node.output(0)));
    return Error::success();
  }

  int opset = getOpsetVersion(model.proto, node.domain());
  const pb::OpSchema *schema = pb::OpSchemaRegistry::Instance()->GetSchema(
      node.op_type(), opset, node.domain());
  OperationState state(getLoc(getOrigin(node)), NodeOp::getOperationName());
  for (const std::string &input : node.input()) {
    Expected<Value> value = lookup(input, scope);
    if (!value)
      return value.takeError();
    state.operands.push_back(*value);
  }
  while (!state.operands.empty() && state.operands.back() == none)
    state.operands.pop_back();
  int outputs = node.output_size();
  while (outputs > 0 && node.output(outputs - 1).empty())
    --outputs;
  for (int i = 0; i < outputs; ++i) {
    Expected<Type> type = importOutputType(node, node.output(i), scope);
    if (!type)
      return type.takeError();
    state.types.push_back(*type);
  }
  Expected<DictionaryAttr> attributes = importAttributes(node, schema);
  if (!attributes)
    return attributes.takeError();
  if (Error error = importRegions(node, state, scope))
    return error;
  auto &properties = state.getOrAddProperties<NodeOp::Properties>();
  properties.op_type = builder.getStringAttr(node.op_type());
  properties.domain = builder.getStringAttr(node.domain());
  properties.opset = builder.getI64IntegerAttr(opset);
  properties.id = builder.getStringAttr(node.name());
  properties.node_attributes = *attributes;
  properties.origin = getOriginAttr(node, opset);
  Operation *op = builder.create(state);
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    if (!node.output(index).empty())
      scope.values[node.output(index)] = result;
  return Error::success();
}

Error Importer::importRegions(const pb::NodeProto &node, OperationState &state,
                              const Scope &scope) {
  std::map<std::string, const pb::GraphProto *> bodies;
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.type() == pb::AttributeProto::GRAPH)
      bodies[attribute.name()] = &attribute.g();
  for (const auto &[name, graph] : bodies)
    if (Error error = importRegion(*graph, *state.addRegion(), scope))
      return error;
  return Error::success();
}

Error Importer::importRegion(const pb::GraphProto &graph, Region &region,
                             const Scope &outer) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  Scope scope = makeScope(graph, &outer);
  for (const pb::ValueInfoProto &input : graph.input()) {
    Expected<Type> type = importType("input '" + input.name() + "' of a body",
                                     input.type(), context);
    if (!type)
      return type.takeError();
    scope.values[input.name()] =
        block->addArgument(*type, builder.getUnknownLoc());
  }
  SmallVector<Value> outputs;
  if (Error error = importBody(graph, scope, outputs))
    return error;
  YieldOp::create(builder, builder.getUnknownLoc(), outputs);
  return Error::success();
}

Error Importer::importBody(const pb::GraphProto &graph, Scope &scope,
                           SmallVectorImpl<Value> &outputs) {
  for (const pb::NodeProto &node : graph.node())
    if (Error error = importNode(node, scope))
      return error;
  for (const pb::ValueInfoProto &output : graph.output()) {
    Expected<Value> value = lookup(output.name(), scope);
    if (!value)
      return value.takeError();
    outputs.push_back(*value);
  }
  return Error::success();
}

ArrayAttr Importer::getDimNames(const pb::ValueInfoProto &input) {
  SmallVector<StringRef> names;
  bool anyNamed = false;
  for (const auto &dim : input.type().tensor_type().shape().dim()) {
    bool isNamed =
        dim.has_dim_param() && model.dimNames.contains(dim.dim_param());
    names.push_back(isNamed ? StringRef(dim.dim_param()) : StringRef());
    anyNamed |= isNamed;
  }
  return anyNamed ? builder.getStrArrayAttr(names) : ArrayAttr();
}

Error Importer::importArguments(const pb::GraphProto &graph, Scope &scope) {
  entry = function.addEntryBlock();
  SmallVector<Type> types;
  for (const pb::ValueInfoProto &input : graph.input()) {
    if (model.weights.contains(input.name()))
      continue;
    Expected<Type> type =
        importType("input '" + input.name() + "'", input.type(), context);
    if (!type)
      return type.takeError();
    scope.values[input.name()] = entry->addArgument(
        *type, NameLoc::get(builder.getStringAttr(input.name())));
    types.push_back(*type);
  }
  function.setFunctionType(builder.getFunctionType(types, {}));
  unsigned index = 0;
  for (const pb::ValueInfoProto &input : graph.input()) {
    if (model.weights.contains(input.name()))
      continue;
    function.setArgAttr(index, valueNameAttrName,
                        builder.getStringAttr(input.name()));
    if (ArrayAttr dims = getDimNames(input))
      function.setArgAttr(index, "onnx.dims", dims);
    ++index;
  }
  builder.setInsertionPointToStart(entry);
  return Error::success();
}

Expected<OwningOpRef<ModuleOp>> Importer::import() {
  const pb::GraphProto &graph = model.proto.graph();
  auto fileLoc = FileLineColLoc::get(context, model.fileName, 0, 0);
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLoc);
  (*module)->setAttr("onnx.model", builder.getStringAttr(model.fileName));
  (*module)->setAttr("onnx.opset", builder.getI64IntegerAttr(kInternalOpset));
  builder.setInsertionPointToStart(module->getBody());
  function = func::FuncOp::create(builder, fileLoc, "main",
                                  builder.getFunctionType({}, {}));
  Scope scope = makeScope(graph, nullptr);
  if (Error error = importArguments(graph, scope))
    return std::move(error);
  SmallVector<Value> outputs;
  if (Error error = importBody(graph, scope, outputs))
    return std::move(error);
  func::ReturnOp::create(builder, fileLoc, outputs);
  function.setFunctionType(builder.getFunctionType(
      function.getArgumentTypes(), ValueRange(outputs).getTypes()));
  if (!model.symbols.empty())
    function->setAttr(symbolsAttrName, makeSymbolsAttr(context, model.symbols));
  for (auto [index, output] : llvm::enumerate(graph.output()))
    function.setResultAttr(index, valueNameAttrName,
                           builder.getStringAttr(output.name()));
  for (auto [index, declared] : llvm::enumerate(model.declaredOutputs)) {
    Expected<Type> type = importType("output", declared.type(), context);
    if (!type)
      consumeError(type.takeError());
    else if (isa<RankedTensorType>(*type))
      function.setResultAttr(index, declaredTypeAttrName, TypeAttr::get(*type));
  }
  return module;
}

} // namespace

Expected<OwningOpRef<ModuleOp>> importGraph(const LoadedModel &model,
                                            MLIRContext *context) {
  context->loadDialect<ONNXDialect, func::FuncDialect>();
  return Importer(model, context).import();
}

} // namespace garam::onnx
