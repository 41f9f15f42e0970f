//===- CommandClock.h - When commands of a function happen ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The cost model of commands, where a Timeline is that of stages: a command
// begins when its queue is free and all that it reads is there, and takes the
// time that Timing.h gives it. Addresses play no part: buffers that share them
// do not wait for each other here.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDCLOCK_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDCLOCK_H

#include "QueueClock.h"
#include "WriteHistory.h"
#include "garam/Dialect/NPU/Transforms/CommandConversion.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace garam::npu {

/// What a command takes of the machine.
struct CommandTime {
  bool isContraction = false;
  double seconds = 0;               // alone on the chip
  std::optional<Transfer> transfer; // of a DMA command

  bool isTransfer() const { return transfer.has_value(); }
};

class CommandClock {
public:
  explicit CommandClock(const MachineDescription &machine)
      : machine(machine), clock(machine) {}

  /// Makes the programs of `func` known. Fails with a diagnostic on one that
  /// the vector engine cannot run.
  llvm::LogicalResult addPrograms(mlir::func::FuncOp func);

  /// When `queue` knows that all that `accesses` read is there, in seconds.
  double getReady(llvm::ArrayRef<CommandAccess> accesses, unsigned queue) const;
  /// When `queue` is done with all commands so far, in seconds.
  double getFree(unsigned queue) const { return clock.getFree(queue); }

  double getArrival(const Completion &completion, unsigned queue) const {
    return clock.getArrival(completion, queue);
  }
  /// When the last command ends, in seconds.
  double getEnd() const { return clock.getEnd(); }

  /// Runs `op`, which touches `accesses`, behind all commands of its queue so
  /// far, from `ready` on.
  Completion run(mlir::Operation *op, llvm::ArrayRef<CommandAccess> accesses,
                 double ready);

  /// A transfer as `op` says, or from and to other memories, or of only so many
  /// bytes, where `op` copies contiguous ones.
  Transfer getTransfer(DMACommandOp op,
                       std::optional<MemorySpace> source = std::nullopt,
                       std::optional<MemorySpace> destination = std::nullopt,
                       std::optional<int64_t> bytes = std::nullopt) const;
  /// As above, for a transfer; what it writes is recorded by the caller.
  Completion run(const Transfer &transfer, double ready) {
    return clock.runTransfer(transfer, ready);
  }
  void recordWrites(llvm::ArrayRef<CommandAccess> accesses,
                    const Completion &completion);
  /// When `transfer` would end.
  double getEnd(const Transfer &transfer, double ready) const {
    return clock.getEnd(transfer, ready);
  }

  CommandTime getCommandTime(mlir::Operation *op) const;

private:
  /// Of a command of the tensor or vector engine.
  double getEngineSeconds(mlir::Operation *op) const;

  const MachineDescription &machine;
  CommandConversion conversion;
  QueueClock clock;
  /// What was written to each buffer.
  llvm::DenseMap<mlir::Operation *, WriteHistory<Completion>> writes;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDCLOCK_H
