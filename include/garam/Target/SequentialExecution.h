//===- SequentialExecution.h - Commands one after the other -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_SEQUENTIALEXECUTION_H
#define GARAM_TARGET_SEQUENTIALEXECUTION_H

#include "garam/Target/LoadedProgram.h"
#include "garam/Target/RunMemory.h"
#include "llvm/ADT/DenseMap.h"

namespace garam {

/// What a command takes.
struct CommandCost {
  /// The command's time, for each of the execution's categories.
  llvm::SmallVector<sim::Time, 3> times;
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  double joules = 0;
};

/// Runs a program of one lane, whose commands run one after the other: an event
/// is the end of one. Values of the debug map are reported when the command is
/// done that makes them.
class SequentialExecution : public DeviceExecution {
public:
  /// `memory` is nothing in a run without data; the values that `options` asks
  /// for are those that checkDenseValues accepts. Commands are of `kind`; their
  /// times are on the critical path by `categories`.
  SequentialExecution(sim::Kernel &kernel, uint64_t numCommands,
                      llvm::StringLiteral kind,
                      llvm::ArrayRef<llvm::StringLiteral> categories,
                      std::optional<RunMemory> memory,
                      const DeviceRunOptions &options, RunEndHandler onEnd);

  llvm::Error start() override;
  llvm::Error handle(uint64_t command) override;
  std::string describeBlocked() const override { return ""; }

protected:
  virtual CommandCost getCost(uint64_t command) const = 0;
  /// Does what the command does to data.
  virtual void execute(uint64_t command, const RunMemory &memory) = 0;

private:
  llvm::Error begin(uint64_t command);
  void account(uint64_t command);
  void reportValues(uint64_t command) const;

  sim::Kernel &kernel;
  uint64_t numCommands;
  llvm::StringRef kind;
  std::optional<RunMemory> memory;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  /// Those that are complete after each command.
  llvm::DenseMap<uint32_t, llvm::SmallVector<const DeviceValue *, 1>> values;
  DeviceRun result;
  CommandCost cost; // of the command that runs
  sim::Time programStart = 0, commandStart = 0;
};

/// Whether each value of a debug map, which may come from a stranger, is one
/// dense tensor in a segment that one of `numCommands` commands completes.
llvm::Error checkDenseValues(llvm::ArrayRef<DeviceValue> values,
                             llvm::ArrayRef<DeviceSegment> segments,
                             uint64_t numCommands);

} // namespace garam

#endif // GARAM_TARGET_SEQUENTIALEXECUTION_H
