//===- Interface.cpp - Inputs and outputs of an ONNX file -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Frontend/ONNX/Interface.h"

#include "LoadedModel.h"
#include "garam/Support/DiagnosedError.h"

using namespace llvm;

namespace garam::onnx {

static InterfaceValue describe(const pb::ValueInfoProto &info) {
  InterfaceValue value;
  value.name = info.name();
  if (!info.type().has_tensor_type())
    return value;
  const pb::TypeProto_Tensor &tensor = info.type().tensor_type();
  value.elementType = tensor.elem_type();
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

Expected<ModelInterface> readInterface(StringRef path,
                                       std::shared_ptr<MemoryBuffer> bytes) {
  Expected<LoadedModel> model = parseModel(path, std::move(bytes));
  if (!model)
    return addFile(model.takeError(), path);
  ModelInterface interface;
  for (const pb::ValueInfoProto &input : model->proto.graph().input())
    if (!model->weights.contains(input.name()))
      interface.inputs.push_back(describe(input));
  for (const pb::ValueInfoProto &output : model->proto.graph().output())
    interface.outputs.push_back(describe(output));
  return interface;
}

} // namespace garam::onnx
