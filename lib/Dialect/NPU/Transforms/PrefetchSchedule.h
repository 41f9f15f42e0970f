//===- PrefetchSchedule.h - When weights are brought ahead ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// List scheduling of the transfers of weights. The commands of a function are
// followed in their order, each at the time that a CommandClock gives it. Where
// the DMA queue of a core would be idle until its next command, it takes the
// next load of weights that the core receives, if local memory has room for
// them until their use. Of a load that would take longer it takes as much as
// ends in time. So loads for several cores go to the queue of any of them.
// Where there is no such load, it may bring weights of later loads to shared
// memory, from where they come faster than from DRAM, over ports of their own.
//
// All other commands stay in their order. Loads move ahead only into time that
// is left: their queues and ports have other commands to serve, which wait for
// results, not for weights.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_PREFETCHSCHEDULE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_PREFETCHSCHEDULE_H

#include "AccessTable.h"
#include "CommandClock.h"
#include "MemoryOccupancy.h"

namespace garam::npu {

/// Some of the bytes of a load.
struct LoadPart {
  int64_t begin, size;
};

/// A command at its time.
struct ScheduledCommand {
  mlir::Operation *op;
  double seconds; // when it starts
  /// Of a load: the core whose queue runs it.
  std::optional<int64_t> core = std::nullopt;
  /// The first half of a load that goes through shared memory.
  bool isStaging = false;
  /// Of a load that is cut: the bytes of this part.
  std::optional<LoadPart> part = std::nullopt;
};

enum class Prefetch {
  none,   // all commands are where they are
  direct, // weights come from DRAM to local memory
  staged, // they may also go through shared memory
};

struct PrefetchOptions {
  /// Fraction of local and shared memory that may be in use.
  double fill = 0;
  Prefetch kind = Prefetch::none;
};

class PrefetchSchedule {
public:
  /// `commands` are those of a function, without loops, and must stay, as their
  /// `accesses` must; `clock` knows its programs.
  PrefetchSchedule(llvm::ArrayRef<mlir::Operation *> commands,
                   const AccessTable &accesses, const CommandClock &clock,
                   const MachineDescription &machine, PrefetchOptions options);

  /// All commands by the time when they start, in seconds; those of a queue in
  /// its order.
  std::vector<ScheduledCommand> takeOrder();
  /// When the last command ends, in seconds.
  double getEnd() const { return clock.getEnd(); }

private:
  /// A load of weights, or a part of one.
  struct Load {
    DMACommandOp op;
    size_t position;
    BufferOp destination;
    llvm::ArrayRef<int64_t> receivers;
    bool isIssued = false;
    /// Of a load that is cut: the bytes whose parts were issued.
    int64_t issuedBytes = 0;
    /// When shared memory has it.
    std::optional<Completion> staged = std::nullopt;
  };
  /// Positions of the commands that touch a buffer.
  struct Lifetime {
    BufferOp buffer; // null before the first
    size_t first = 0, last = 0;
    double end = 0; // when those so far are done, in seconds
  };
  /// The loads that a core receives, by number, and the first ones that were
  /// not issued and not staged yet.
  struct Incoming {
    std::vector<size_t> loads;
    size_t next = 0, nextStaged = 0;
  };

  void findLoads();
  void findLifetimes();
  void hold(BufferOp buffer, size_t begin, size_t end);
  void recordAccesses(mlir::Operation *op, size_t position, double end);
  std::optional<double> getRoom(const Load &load, size_t position);
  double getRoomOfResults(mlir::Operation *op, size_t position);

  void follow(size_t position);
  int64_t getFirstFree(llvm::ArrayRef<int64_t> cores) const;
  double getPortFree(const Load &load) const;
  Transfer getTransfer(const Load &load, int64_t core,
                       std::optional<int64_t> bytes = std::nullopt) const;
  Load *findNext(int64_t core);
  Load *findNextToStage(int64_t core);
  void fillTime(size_t position, int64_t core, double end);
  bool prefetch(size_t position, int64_t core, double end);
  bool prefetchPart(Load &load, size_t position, int64_t core, double begin,
                    double end);
  bool stage(size_t position, int64_t core, double end);
  void issue(Load &load, size_t position, int64_t core, double ready,
             std::optional<int64_t> bytes = std::nullopt);

  Lifetime &getLifetime(BufferOp buffer) {
    return lifetimes[accesses.getNumber(buffer)];
  }

  llvm::ArrayRef<mlir::Operation *> commands;
  const AccessTable &accesses; // of the commands
  CommandClock clock;
  const MachineDescription &machine;
  PrefetchOptions options;
  std::vector<ScheduledCommand> order;
  std::vector<Load> loads;            // in the order of their use
  size_t numPassed = 0;               // loads that were followed
  std::vector<Incoming> incoming;     // a core
  std::vector<MemoryOccupancy> local; // a core
  MemoryOccupancy shared;
  std::vector<Lifetime> lifetimes; // by the buffers' numbers
  std::vector<double> portFree;    // a core: when its last load ends
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_PREFETCHSCHEDULE_H
