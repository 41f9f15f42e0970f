//===- CommandPhases.cpp - What was done to commands so far ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"

#include "AccessTable.h"

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
  struct Use {
    unsigned firstQueue;
    bool isShared = false, isWritten = false;
  };
  // By buffer and core, see getCopies.
  llvm::DenseMap<std::pair<Operation *, int64_t>, Use> uses;
  for (Operation &op : func.front()) {
    if (!isCommand(&op))
      continue;
    unsigned queue = getQueue(&op);
    for (const CommandAccess &access : getAccesses(&op))
      for (int64_t core : getCopies(access)) {
        Use &use =
            uses.try_emplace({access.buffer, core}, Use{queue}).first->second;
        use.isShared |= use.firstQueue != queue;
        use.isWritten |= access.isWrite;
        if (use.isShared && use.isWritten)
          return op.emitOpError("shares a buffer with another queue and waits "
                                "for nothing: npu-synchronize orders queues, "
                                "before this pass");
      }
  }
  return success();
}

} // namespace garam::npu
