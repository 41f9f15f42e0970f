//===- CheckCommands.cpp - Commands that fit a machine --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

#include "garam/Target/NPU/Machine/ISA.h"

using namespace mlir;

namespace garam::npu {

static LogicalResult checkBuffer(BufferOp buffer, size_t numSegments,
                                 const MachineDescription &machine) {
  if (buffer.getSegment() && *buffer.getSegment() >= numSegments)
    return buffer.emitOpError("lies in segment ")
           << *buffer.getSegment() << " of " << numSegments;
  for (int64_t core : buffer.getCores().value_or(ArrayRef<int64_t>()))
    if (core >= machine.cores)
      return buffer.emitOpError("lies in core ")
             << core << ", but " << machine.name << " has " << machine.cores;
  return success();
}

static LogicalResult checkCommand(Operation *op,
                                  const MachineDescription &machine) {
  int64_t core = getQueue(op) / numEngineKinds;
  if (auto signal = dyn_cast<SignalOp>(op);
      signal && signal.getTargetCore() >= machine.cores)
    return op->emitOpError("signals core ")
           << signal.getTargetCore() << ", but " << machine.name << " has "
           << machine.cores;
  if (core < machine.cores)
    return success();
  return op->emitOpError("runs on core ")
         << core << ", but " << machine.name << " has " << machine.cores;
}

LogicalResult checkNotSynchronized(func::FuncOp func) {
  if (func.isExternal())
    return success();
  for (Operation &op : func.front())
    if (isa<WaitOp, SignalOp>(op))
      return op.emitOpError("is made by npu-synchronize, which is the last to "
                            "see commands in any order");
  return success();
}

LogicalResult checkCommands(func::FuncOp func,
                            const MachineDescription &machine) {
  if (failed(checkOneBlock(func)))
    return failure();
  size_t numSegments = llvm::range_size(func.getOps<SegmentOp>());
  for (Operation &op : func.front()) {
    if (auto buffer = dyn_cast<BufferOp>(op)) {
      if (failed(checkBuffer(buffer, numSegments, machine)))
        return failure();
    } else if (isa<LoopOp>(op)) {
      return op.emitOpError("is made by npu-roll-loops, behind the passes that "
                            "plan memory and synchronise");
    } else if (isa<ContractOp, VectorOp>(op)) {
      return op.emitOpError("is no command yet: npu-lower-to-commands makes "
                            "commands of stages, before this pass");
    } else if ((isCommand(&op) || isa<WaitOp, SignalOp>(op)) &&
               failed(checkCommand(&op, machine))) {
      return failure();
    }
  }
  return success();
}

} // namespace garam::npu
