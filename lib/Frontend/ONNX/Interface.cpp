//===- Interface.cpp - Inputs and outputs of an ONNX file -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Frontend/ONNX/Interface.h"

#include "LoadedModel.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/Support/DiagnosedError.h"
#include "garam/Support/ElementKinds.h"

using namespace llvm;

namespace garam::onnx {

static std::optional<std::string> nameElementType(int number) {
  if (number == pb::TensorProto::STRING)
    return "string";
  std::optional<DataType> type = fromONNXNumber(number);
  return type ? std::optional(getName(*type).str()) : std::nullopt;
}

static InterfaceValue describe(const pb::ValueInfoProto &info) {
  InterfaceValue value;
  value.name = info.name();
  if (!info.type().has_tensor_type())
    return value;
  const pb::TypeProto_Tensor &tensor = info.type().tensor_type();
  value.elementType = nameElementType(tensor.elem_type());
  if (!tensor.has_shape())
    return value;
  value.shape.emplace();
  for (const pb::TensorShapeProto_Dimension &dim : tensor.shape().dim()) {
    InterfaceValue::Dimension &dimension = value.shape->emplace_back();
    if (dim.has_dim_value())
      dimension.size = dim.dim_value();
    else
      dimension.name = dim.dim_param();
  }
  return value;
}

static std::vector<InterfaceNode> listNodes(pb::GraphProto &graph) {
  nameNodes(graph);
  std::vector<InterfaceNode> nodes;
  for (const pb::NodeProto &node : graph.node())
    nodes.push_back({node.name(),
                     node.op_type(),
                     {node.output().begin(), node.output().end()}});
  return nodes;
}

static bool isWhole(const pb::ValueInfoProto &output) {
  const pb::TypeProto_Tensor &tensor = output.type().tensor_type();
  return tensor.has_shape() && tensor.elem_type() != pb::TensorProto::UNDEFINED;
}

/// The outputs as inference has them, with the names of dimensions that are the
/// model's; nothing of what it cannot tell. Works on the model itself.
static std::vector<InterfaceValue> inferOutputs(LoadedModel &model) {
  using Step = Error (*)(LoadedModel &);
  auto bind = [](LoadedModel &model) {
    return bindShapes(model, ImportOptions());
  };
  std::vector<InterfaceValue> outputs;
  for (Step step : {Step(checkModel), Step(bind), Step(convertModel),
                    Step(inferTypes), Step(expandFunctions)})
    if (Error error = step(model)) {
      consumeError(std::move(error)); // a compile tells it
      return outputs;
    }
  for (const pb::ValueInfoProto &output : model.proto.graph().output()) {
    InterfaceValue &value = outputs.emplace_back(describe(output));
    if (value.shape)
      for (InterfaceValue::Dimension &dimension : *value.shape)
        if (!model.dimNames.contains(dimension.name))
          dimension.name.clear(); // inference invents names
  }
  return outputs;
}

Expected<ModelInterface> readInterface(StringRef path,
                                       std::shared_ptr<MemoryBuffer> bytes) {
  Expected<LoadedModel> model = parseModel(path, std::move(bytes));
  if (!model)
    return addFile(escapeQuotes(model.takeError()), path);
  ModelInterface interface;
  for (const pb::ValueInfoProto &input : model->proto.graph().input())
    if (!model->weights.contains(input.name()))
      interface.inputs.push_back(describe(input));
  for (const pb::ValueInfoProto &output : model->proto.graph().output())
    interface.outputs.push_back(describe(output));
  interface.nodes = listNodes(*model->proto.mutable_graph());
  std::vector<std::shared_ptr<MemoryBuffer>> files = model->tensors->getFiles();
  for (const std::shared_ptr<MemoryBuffer> &file : drop_begin(files))
    interface.weightFiles.push_back(file->getBufferIdentifier().str());
  if (all_of(model->proto.graph().output(), isWhole))
    return interface;
  std::vector<InterfaceValue> inferred = inferOutputs(*model);
  for (auto [output, found] : zip(interface.outputs, inferred))
    if (!output.elementType || !output.shape)
      output = std::move(found);
  return interface;
}

} // namespace garam::onnx
