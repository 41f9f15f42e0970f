//===- NodeTable.cpp - The nodes of the model, kept to the end ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"

using namespace mlir;

namespace garam {

void recordNodes(ModuleOp module) {
  Builder builder(module.getContext());
  SmallVector<Attribute> nodes;
  module.walk<WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    nodes.push_back(builder.getArrayAttr(
        {node.getIdAttr(), node.getOpTypeAttr(), node.getOpsetAttr()}));
  });
  module->setAttr(nodesAttrName, builder.getArrayAttr(nodes));
}

NodeLabels readNodeLabels(ModuleOp module) {
  NodeLabels labels;
  auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName);
  if (!nodes)
    return labels;
  for (Attribute attr : nodes) {
    auto node = dyn_cast<ArrayAttr>(attr);
    if (!node || node.size() != 3)
      continue;
    auto id = dyn_cast<StringAttr>(node[0]);
    auto op = dyn_cast<StringAttr>(node[1]);
    auto opset = dyn_cast<IntegerAttr>(node[2]);
    if (id && op && opset)
      labels[id.getValue()] = {op.str(), opset.getInt()};
  }
  return labels;
}

} // namespace garam
