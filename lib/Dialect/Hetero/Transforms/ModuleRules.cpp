//===- ModuleRules.cpp - The nodes of a module and their rules ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ModuleRules.h"

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Support/InputFile.h"
#include "garam/Support/NodeIds.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace garam::hetero {

std::vector<PlacedNode> listNodes(ModuleOp module) {
  std::vector<PlacedNode> nodes;
  if (auto attrs = module->getAttrOfType<ArrayAttr>(nodesAttrName)) {
    for (auto node : attrs.getAsRange<ArrayAttr>())
      nodes.push_back(
          {cast<StringAttr>(node[0]).str(), cast<StringAttr>(node[1]).str()});
    return nodes;
  }
  llvm::SetVector<StringRef> ids;
  module.walk([&](Operation *op) {
    for (StringRef id : getNodeIds(op->getLoc()))
      ids.insert(id);
  });
  for (StringRef id : ids)
    nodes.push_back({id.str(), ""});
  return nodes;
}

llvm::StringMap<StringRef> readOperators(ModuleOp module) {
  llvm::StringMap<StringRef> ops;
  if (auto nodes = module->getAttrOfType<ArrayAttr>(nodesAttrName))
    for (auto node : nodes.getAsRange<ArrayAttr>())
      ops[cast<StringAttr>(node[0]).getValue()] =
          cast<StringAttr>(node[1]).getValue();
  return ops;
}

FailureOr<PlacementRules> readRules(ModuleOp module, StringRef file) {
  PlacementRules rules;
  if (file.empty())
    return std::move(rules);
  auto text = openInputFile(file, /*isText=*/true, maxPlacementFileBytes);
  if (!text)
    return module.emitError() << "cannot read '" << file
                              << "': " << llvm::toString(text.takeError());
  llvm::Expected<PlacementRules> read =
      PlacementRules::parse((*text)->getBuffer(), file);
  if (!read)
    return module.emitError() << llvm::toString(read.takeError());
  auto system = module->getAttrOfType<SystemAttr>(systemAttrName);
  if (!system)
    return module.emitError()
           << "needs a system as attribute '" << systemAttrName << "'";
  SmallVector<StringRef> names = llvm::map_to_vector(
      system.getDevices(), [](DeviceAttr device) { return device.getName(); });
  if (llvm::Error error = read->check(listNodes(module), names))
    return module.emitError() << llvm::toString(std::move(error));
  return std::move(*read);
}

} // namespace garam::hetero
