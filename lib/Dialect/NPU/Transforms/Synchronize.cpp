//===- Synchronize.cpp - Orders the queues by semaphores ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "Synchronization.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSYNCHRONIZE
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

EngineKind getEngine(unsigned queue) {
  return static_cast<EngineKind>(queue % numEngineKinds);
}

/// Puts waits in front of their commands and signals behind theirs. The
/// semaphore of a pair of queues has the number of the signalling one.
void insert(const Synchronization &synchronization, MLIRContext *context) {
  OpBuilder builder(context);
  for (const auto &[op, points] : synchronization.getWaits()) {
    builder.setInsertionPoint(op);
    unsigned queue = getQueue(op);
    for (QueuePoint point : points)
      WaitOp::create(builder, op->getLoc(), queue / numEngineKinds,
                     getEngine(queue), point.queue, 1);
  }
  for (const auto &[op, queues] : synchronization.getSignals()) {
    builder.setInsertionPointAfter(op);
    unsigned queue = getQueue(op);
    for (unsigned other : queues)
      SignalOp::create(builder, op->getLoc(), queue / numEngineKinds,
                       getEngine(queue), other / numEngineKinds,
                       getEngine(other), queue, 1);
  }
}

struct Synchronize : impl::NPUSynchronizeBase<Synchronize> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (failed(checkNotRolled(getOperation())) ||
        failed(checkNotSynchronized(getOperation())) ||
        failed(checkPlanned(getOperation())) ||
        failed(checkWrites(getOperation())))
      return signalPassFailure();
    synchronize(getOperation());
  }
};

} // namespace

void synchronize(func::FuncOp func) {
  if (func.isExternal())
    return;
  SmallVector<Operation *> commands;
  for (Operation &op : func.front())
    if (isCommand(&op))
      commands.push_back(&op);
  insert(Synchronization(commands, AccessTable(commands)), func.getContext());
}

} // namespace garam::npu
