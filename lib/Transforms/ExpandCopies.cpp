//===- ExpandCopies.cpp - Turns copies into structured operations ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_EXPANDCOPIES
#include "garam/Transforms/Passes.h.inc"

namespace {

struct ExpandCopies : impl::ExpandCopiesBase<ExpandCopies> {
  void runOnOperation() override {
    getOperation().walk([](memref::CopyOp copy) {
      OpBuilder builder(copy);
      linalg::CopyOp::create(builder, copy.getLoc(), copy.getSource(),
                             copy.getTarget());
      copy.erase();
    });
  }
};

} // namespace
} // namespace garam
