//===- SeparateResults.cpp - Memory of its own for each result -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"

#include "Support.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTSEPARATERESULTS
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace host {

/// Copies returned tensors that have no memory of their own.
static void separateResults(func::FuncOp function) {
  Operation *terminator = function.front().getTerminator();
  OpBuilder builder(terminator);
  llvm::DenseSet<Value> taken;
  for (OpOperand &operand : terminator->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type || !type.hasStaticShape())
      continue; // host-form-kernels refuses it.
    Value base = getBase(operand.get());
    Operation *producer = base.getDefiningOp();
    bool isComputed = producer && !producer->hasTrait<OpTrait::ConstantLike>();
    if (isComputed && taken.insert(base).second)
      continue;
    Location loc = operand.get().getLoc();
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                          type.getElementType());
    auto copy = linalg::CopyOp::create(builder, loc, operand.get(), empty);
    operand.set(copy.getResult(0));
  }
}

} // namespace host

namespace {

struct HostSeparateResults
    : impl::HostSeparateResultsBase<HostSeparateResults> {
  void runOnOperation() override { host::separateResults(getOperation()); }
};

} // namespace

} // namespace garam
