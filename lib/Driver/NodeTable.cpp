//===- NodeTable.cpp - The nodes of the model, kept to the end ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ImageBuilder.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NodeIds.h"

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

/// Whether this is [id, operator, opset].
static bool isNode(Attribute attr) {
  auto node = dyn_cast<ArrayAttr>(attr);
  if (!node || node.size() != 3)
    return false;
  auto opset = dyn_cast<IntegerAttr>(node[2]);
  return isa<StringAttr>(node[0]) && isa<StringAttr>(node[1]) && opset &&
         opset.getType().isSignlessInteger(64);
}

llvm::Error checkNodes(ModuleOp module, StringRef file) {
  Attribute attr = module->getAttr(nodesAttrName);
  auto nodes = dyn_cast_if_present<ArrayAttr>(attr);
  if (!attr || (nodes && llvm::all_of(nodes, isNode)))
    return llvm::Error::success();
  std::string found;
  llvm::raw_string_ostream(found)
      << (nodes ? *llvm::find_if_not(nodes, isNode) : attr);
  return makeUserError(ExitCode::Model,
                       file + ": '" + nodesAttrName +
                           "' is a list of nodes, needed [\"id\", "
                           "\"operator\", opset : i64] for each, found " +
                           found);
}

NodeLabels readNodeLabels(ModuleOp module) {
  NodeLabels labels;
  if (auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName))
    for (auto node : nodes.getAsRange<ArrayAttr>())
      labels[cast<StringAttr>(node[0]).getValue()] = {
          cast<StringAttr>(node[1]).str(), cast<IntegerAttr>(node[2]).getInt()};
  return labels;
}

} // namespace garam
