//===- EraseDeadNodes.cpp - Erases nodes that nothing uses --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EraseDeadNodes.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace garam::onnx {

void eraseDeadNodes(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    for (Region &region : op.getRegions())
      for (Block &body : region)
        eraseDeadNodes(body);
  }
}

} // namespace garam::onnx
