//===- ExpandCopies.cpp - Turns copies into structured operations ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Host/Transforms/Passes.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTEXPANDCOPIES
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

namespace {

struct HostExpandCopies : impl::HostExpandCopiesBase<HostExpandCopies> {
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
