//===- ONNXToLinalg.cpp - ONNX nodes to structured operations -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/Passes.h"

#include "garam/Dialect/ONNX/IR/ONNX.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "garam/Conversion/Passes.h.inc"

namespace {

struct ConvertONNXToLinalg
    : impl::ConvertONNXToLinalgBase<ConvertONNXToLinalg> {
  void runOnOperation() override {
    bool failed = false;
    getOperation().walk([&](onnx::NodeOp node) {
      node.emitError() << "node '" << node.getId() << "': operator "
                       << node.getOpType() << " (opset " << node.getOpset()
                       << ") is not supported";
      failed = true;
    });
    if (failed)
      signalPassFailure();
  }
};

} // namespace
} // namespace garam
