//===- CommandPhases.cpp - What was done to commands so far ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"

#include "WriteHistory.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

using namespace mlir;

namespace garam::npu {

LogicalResult checkNotPlanned(func::FuncOp func) {
  for (auto buffer : func.getOps<BufferOp>())
    if (buffer.getOffset())
      return buffer.emitOpError(
          "has an address already: this pass changes when "
          "buffers are in use, before npu-plan-memory");
  return success();
}

LogicalResult checkPlanned(func::FuncOp func) {
  for (auto buffer : func.getOps<BufferOp>())
    if (!buffer.getOffset())
      return buffer.emitOpError("has no address yet: npu-plan-memory gives it "
                                "one, before this pass");
  return success();
}

LogicalResult checkSynchronized(func::FuncOp func) {
  for (Operation &op : func.front())
    if (isa<WaitOp, SignalOp, LoopOp>(op))
      return success();
  // By buffer: the queues that wrote it, and what.
  llvm::DenseMap<Operation *, WriteHistory<unsigned>> written;
  for (Operation &op : func.front()) {
    if (!isCommand(&op))
      continue;
    unsigned queue = getQueue(&op);
    bool isOrdered = true;
    for (const CommandAccess &access : getAccesses(&op)) {
      WriteHistory<unsigned> &writes = written[access.buffer];
      if (access.isWrite)
        writes.add(access, queue);
      else
        writes.visit(
            access, [&](unsigned writer) { return writer != queue; },
            [&](unsigned) { isOrdered = false; });
    }
    if (!isOrdered)
      return op.emitOpError("reads what another queue writes and waits for "
                            "nothing: npu-synchronize orders queues, before "
                            "this pass");
  }
  return success();
}

} // namespace garam::npu
