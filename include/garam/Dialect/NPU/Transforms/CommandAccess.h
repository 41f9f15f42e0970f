//===- CommandAccess.h - What a command touches -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_COMMANDACCESS_H
#define GARAM_DIALECT_NPU_TRANSFORMS_COMMANDACCESS_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Machine/ByteRegion.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

/// One operand of one command.
struct CommandAccess {
  BufferOp buffer;
  /// Bytes that are touched, counted from the start of the buffer; without
  /// those that guards exclude, unless a launch parameter moves the operand.
  ByteRegion region;
  bool isWrite = false;
  /// Local buffers: the cores whose copy is touched.
  llvm::SmallVector<int64_t, 2> cores;
};

/// Whether `op` runs on an engine (waits and signals do not count).
bool isCommand(mlir::Operation *op);
/// Fails with a diagnostic when `func` has control flow; declarations do not.
mlir::LogicalResult checkOneBlock(mlir::func::FuncOp func);
/// Fails with a diagnostic when `func` has control flow or loops: their
/// commands have addresses and an order that a pass before npu-roll-loops
/// cannot change.
mlir::LogicalResult checkNotRolled(mlir::func::FuncOp func);
/// Fails with a diagnostic when `func` has waits or signals: they are those of
/// one order and one plan of memory, which what comes behind npu-synchronize
/// cannot change.
mlir::LogicalResult checkNotSynchronized(mlir::func::FuncOp func);
/// Fails with a diagnostic when `func` has control flow, stages, loops, or
/// buffers or commands in cores or segments that are not there: passes on
/// commands rely on it.
mlir::LogicalResult checkCommands(mlir::func::FuncOp func,
                                  const MachineDescription &machine);
/// Fails with a diagnostic when a command of `func`, which checkCommands
/// accepts, writes a byte of a buffer that a command in front of it has read or
/// written. Passes that order commands rely on it: within a buffer, they keep
/// reads behind the writes of what is read and nothing else. Linear in the
/// commands and in the runs of bytes that they touch of buffers which several
/// commands write.
mlir::LogicalResult checkWrites(mlir::func::FuncOp func);
/// Number of the queue that runs `op`: core * 3 + engine.
unsigned getQueue(mlir::Operation *op);
unsigned getQueue(int64_t core, EngineKind engine);
llvm::SmallVector<CommandAccess, 6> getAccesses(mlir::Operation *op);
/// Cores whose memory a transfer writes; none when that is no core's.
llvm::SmallVector<int64_t> getReceivers(DMACommandOp op);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_COMMANDACCESS_H
