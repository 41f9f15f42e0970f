//===- NodeIds.cpp - ONNX nodes that an operation comes from --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/NodeIds.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace garam {

static constexpr llvm::StringLiteral nodePrefix = "node:";

Location getNodeLoc(MLIRContext *context, StringRef file, StringRef id) {
  return NameLoc::get(StringAttr::get(context, nodePrefix + id),
                      FileLineColLoc::get(context, file, 0, 0));
}

static void collectNodeIds(Location loc, llvm::SetVector<StringRef> &ids) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    StringRef id = name.getName().getValue();
    if (id.consume_front(nodePrefix))
      ids.insert(id);
    else
      collectNodeIds(name.getChildLoc(), ids);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectNodeIds(part, ids);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    collectNodeIds(call.getCallee(), ids);
    collectNodeIds(call.getCaller(), ids);
  }
}

SmallVector<StringRef> getNodeIds(Location loc) {
  llvm::SetVector<StringRef> ids;
  collectNodeIds(loc, ids);
  return ids.takeVector();
}

} // namespace garam
