//===- VerifyNodeIds.cpp - Checks that operations name their nodes --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Support/NodeIds.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace garam {
#define GEN_PASS_DEF_VERIFYNODEIDS
#include "garam/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

/// True for what computes tensors, but for constants and empty tensors, which
/// have no operands, and for calls, which stand for many nodes.
static bool needsNodeId(Operation *op) {
  return op->getNumOperands() > 0 && !isa<SymbolUserOpInterface>(op) &&
         llvm::any_of(op->getResultTypes(),
                      [](Type type) { return isa<RankedTensorType>(type); });
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
