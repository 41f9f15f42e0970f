//===- Synchronization.h - What queues wait for -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SYNCHRONIZATION_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SYNCHRONIZATION_H

#include "AccessTable.h"
#include "AddressOwners.h"
#include "WriteHistory.h"
#include "llvm/ADT/MapVector.h"

#include <map>

namespace garam::npu {

/// A command by its queue and its number in it, counted from 1: 0 is the start.
struct QueuePoint {
  unsigned queue;
  unsigned number;
};

/// The fewest waits that keep commands in order where they conflict: one per
/// command and queue at most, and none for what follows from others.
class Synchronization {
public:
  /// `commands` are those of a function, in their order; `accesses` has theirs.
  Synchronization(llvm::ArrayRef<mlir::Operation *> commands,
                  const AccessTable &accesses);

  /// What commands wait for.
  const llvm::MapVector<mlir::Operation *, llvm::SmallVector<QueuePoint>> &
  getWaits() const {
    return waits;
  }
  /// The queues that wait for commands; one for each wait.
  const llvm::MapVector<mlir::Operation *, llvm::SmallVector<unsigned>> &
  getSignals() const {
    return signals;
  }

private:
  /// How far each queue is known to have come.
  using Clock = llvm::SmallVector<unsigned, 24>;

  /// What has happened to a buffer so far.
  struct BufferHistory {
    WriteHistory<QueuePoint> writes;
    /// Last command of each queue that touched it.
    std::map<unsigned, unsigned> lastTouch;
    /// Buffers that had its addresses before, by number.
    llvm::SmallVector<unsigned> predecessors;
    bool isStarted = false;
  };

  void visit(mlir::Operation *op, const AccessTable &accesses);
  void start(BufferHistory &history, BufferOp buffer,
             const AccessTable &accesses);
  void addConflicts(const CommandAccess &access, const BufferHistory &history,
                    unsigned queue, Clock &needed) const;
  void waitFor(mlir::Operation *op, unsigned queue, const Clock &needed);
  unsigned getKnown(QueuePoint point, unsigned queue) const;

  /// known[q]: what has finished before the next command of queue q starts.
  std::vector<Clock> known;
  /// clocks[q][clockOf[q][n - 1]]: what of other queues has finished when
  /// command n of queue q has. A queue gets a new one when it waits.
  std::vector<std::vector<Clock>> clocks;
  std::vector<std::vector<unsigned>> clockOf;
  std::vector<std::vector<mlir::Operation *>> commands;
  std::vector<BufferHistory> histories; // by the buffers' numbers
  AddressOwners owners;
  llvm::MapVector<mlir::Operation *, llvm::SmallVector<QueuePoint>> waits;
  llvm::MapVector<mlir::Operation *, llvm::SmallVector<unsigned>> signals;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SYNCHRONIZATION_H
