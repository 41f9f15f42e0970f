//===- NodeTable.cpp - The nodes of the model, kept to the end ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace garam {

void recordNodes(ModuleOp module) {
  Builder builder(module.getContext());
  SmallVector<Attribute> nodes;
  llvm::StringSet<> seen; // Several nodes may be parts of one of the file.
  module.walk<WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    if (seen.insert(node.getOriginId()).second)
      nodes.push_back(builder.getArrayAttr(
          {builder.getStringAttr(node.getOriginId()),
           builder.getStringAttr(node.getOriginOpType()),
           builder.getI64IntegerAttr(node.getOriginOpset())}));
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
