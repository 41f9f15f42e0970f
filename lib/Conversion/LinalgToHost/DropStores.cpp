//===- DropStores.cpp - Places of values outside of loops ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTDROPSTORES
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace {

struct HostDropStores : impl::HostDropStoresBase<HostDropStores> {
  void runOnOperation() override {
    for (auto store : llvm::make_early_inc_range(
             getOperation()
                 .front()
                 .getOps<bufferization::MaterializeInDestinationOp>())) {
      store.getResult().replaceAllUsesWith(store.getSource());
      store.erase();
    }
  }
};

} // namespace

} // namespace garam
