//===- VerifyNodeIds.cpp - Checks that operations name their nodes --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Support/NodeIds.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace garam {
#define GEN_PASS_DEF_VERIFYNODEIDS
#include "garam/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

/// Operations that only bring a value or a place into being, and terminators.
static bool needsNodeId(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>() ||
      op->hasTrait<OpTrait::ConstantLike>())
    return false;
  return op->getNumOperands() > 0 || !isMemoryEffectFree(op);
}

namespace {

struct VerifyNodeIds : garam::impl::VerifyNodeIdsBase<VerifyNodeIds> {
  void runOnOperation() override {
    bool failed = false;
    getOperation()->walk([&](FunctionOpInterface function) {
      for (Block &block : function.getFunctionBody())
        for (Operation &op : block) {
          if (!needsNodeId(&op) || !garam::getNodeIds(op.getLoc()).empty())
            continue;
          op.emitError() << "names no ONNX node";
          failed = true;
        }
    });
    if (failed)
      signalPassFailure();
  }
};

} // namespace
