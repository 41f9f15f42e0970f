//===- PlanBuilder.h - The memory plan of exported commands -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_COMPILE_PLANBUILDER_H
#define GARAM_LIB_TARGET_NPU_COMPILE_PLANBUILDER_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/CompiledProgram.h"
#include "llvm/ADT/DenseMap.h"

#include <map>

namespace garam::npu {

/// Collects what the compiler means each execution of each command to touch:
/// loops are expanded, so the time is linear in executed commands.
class PlanBuilder {
public:
  /// Makes a buffer of the plan of each copy of `op`, which has an address.
  void addBuffer(BufferOp op);

  /// Adds the executions of `op`, a command or a loop with all its turns, to
  /// those of `queue`. `numbers` has the number of each command in its queue as
  /// stored.
  void
  addExecutions(mlir::Operation *op, unsigned queue,
                const llvm::DenseMap<mlir::Operation *, uint32_t> &numbers);

  /// Buffers of a command outside loops, as in MemoryPlan.
  llvm::SmallVector<uint32_t, 4> listOperands(mlir::Operation *op);

  /// For each queue that has written `buffer` so far, its last write.
  llvm::ArrayRef<LastWrite> getLastWrites(BufferOp buffer) const;

  std::vector<PlannedBuffer> buffers;
  /// As in MemoryPlan, by queue.
  std::map<unsigned, std::vector<llvm::SmallVector<uint32_t, 4>>>
      operandBuffers;

private:
  struct Expansion {
    unsigned queue;
    const llvm::DenseMap<mlir::Operation *, uint32_t> &numbers;
    /// Of each command in a loop, so far.
    llvm::DenseMap<mlir::Operation *, uint32_t> executions;
    llvm::SmallVector<int64_t, maxLoopDepth> turns;
  };
  void expand(mlir::Operation *op, Expansion &expansion);
  void listOperands(mlir::Operation *op, llvm::ArrayRef<int64_t> turns,
                    llvm::SmallVectorImpl<uint32_t> &operands);
  void recordWrites(mlir::Operation *op, llvm::ArrayRef<int64_t> turns,
                    LastWrite write);
  uint32_t getPlanned(BufferOp op, int64_t core);

  unsigned numBuffers = 0;
  /// The copy in a core, or the one that there is.
  std::map<std::pair<mlir::Operation *, int64_t>, uint32_t> planned;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<LastWrite, 1>> lastWrites;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_COMPILE_PLANBUILDER_H
