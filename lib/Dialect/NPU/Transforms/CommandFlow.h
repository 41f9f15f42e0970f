//===- CommandFlow.h - When commands that share rates happen ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Follows the commands of all queues through time, in the order of events;
// waits and signals (npu-synchronize) say which commands of other queues they
// are behind. Transfers that are under way together share DRAM and the ports of
// the cores evenly, by packets, as a fluid: each goes as fast as the others at
// its tightest resource let it. A CommandClock, which takes commands one after
// the other, serves transfers in that order instead: when all are done is the
// same then, but one of several that begin together ends too early, and what is
// short ends too late behind what is long.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDFLOW_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDFLOW_H

#include "CommandClock.h"
#include "Synchronization.h"

#include <deque>
#include <map>
#include <queue>

namespace garam::npu {

class CommandFlow {
public:
  virtual ~CommandFlow() = default;

  /// Of commands, waits and signals; `clock` knows the programs of the
  /// commands.
  CommandFlow(llvm::ArrayRef<mlir::Operation *> operations,
              const CommandClock &clock, const MachineDescription &machine);
  /// Of commands with these times, which must stay, that wait as
  /// `synchronization` says, which is that of the same list.
  CommandFlow(llvm::ArrayRef<mlir::Operation *> operations,
              llvm::ArrayRef<const CommandTime *> times,
              const Synchronization &synchronization,
              const MachineDescription &machine);

  /// When the last command ends, in seconds.
  double run();
  /// Calls `visit` with each command and when it ends, in seconds, after run.
  void
  visitEnds(llvm::function_ref<void(mlir::Operation *, double)> visit) const {
    for (const Command &command : commands)
      visit(command.op, command.end);
  }

protected:
  struct Command {
    mlir::Operation *op = nullptr;
    unsigned queue = 0;
    const CommandTime *time = nullptr;      // null: a joint, which takes none
    llvm::SmallVector<unsigned, 4> waiting; // commands that wait for it
    unsigned numMissing = 0;                // that it waits for
    double ready = 0; // when its queue knows of those so far
    double end = 0;
  };

  explicit CommandFlow(const MachineDescription &machine);

  /// Begins the next command of a queue if it can, or comes back when it may.
  virtual void tryNext(unsigned queue);
  /// A command waits for nothing any more.
  virtual void release(unsigned number) { tryNext(commands[number].queue); }

  /// Whether `queue` can begin no command now, whatever it is.
  bool isBlocked(unsigned queue) const {
    return queues[queue].isBusy || isExcluded(queue);
  }
  void tryAt(unsigned queue, double time) {
    events.push({time, EventKind::Try, queue});
  }
  void begin(unsigned number);
  /// Tells the commands that wait for `number`, which ended now.
  void notify(unsigned number);
  double getNow() const { return now; }

  const MachineDescription &machine;
  std::vector<Command> commands;

private:
  struct Queue {
    std::vector<unsigned> commands;
    size_t next = 0;
    bool isBusy = false;
  };
  struct Semaphore {
    uint64_t signalled = 0, awaited = 0; // counts so far
    /// Up to which count the signals that are not behind what was waited for
    /// raise it, and the commands that they follow.
    std::queue<std::pair<uint64_t, unsigned>> signals;
  };
  /// A transfer that streams.
  struct Flow {
    unsigned command;
    const Transfer *transfer;
    double packets;  // at least one
    double ownRate;  // packets a second, if it shared nothing
    double left = 1; // part of it
    double rate = 0; // parts a second
  };
  /// When an engine's command ends, a transfer begins to stream, or a queue
  /// may be able to begin its next command.
  enum class EventKind { End, Stream, Try };
  struct Event {
    double time;
    EventKind kind;
    unsigned number; // of a command, or of a queue to try
    bool operator<(const Event &other) const {
      return std::tie(time, kind, number) >
             std::tie(other.time, other.kind, other.number);
    }
  };

  void addCommand(mlir::Operation *op, const CommandTime &time,
                  llvm::ArrayRef<unsigned> awaited);
  void addSignal(SignalOp op);
  void addWait(WaitOp op, llvm::SmallVectorImpl<unsigned> &awaited);
  bool isExcluded(unsigned queue) const;
  void end(unsigned number);
  void stream(unsigned number);
  void setContracts(unsigned core, bool value);
  double getDRAMSeconds(const Transfer &transfer) const;
  template <typename Visit>
  void visitShared(const Transfer &transfer, Visit visit) const;
  void shareRates();
  void advance(double time);

  std::deque<CommandTime> ownTimes; // those that nobody else keeps
  std::vector<Queue> queues;
  /// Of the queue that waits and the number that it has there.
  std::map<std::pair<unsigned, uint64_t>, Semaphore> semaphores;
  std::priority_queue<Event> events;
  std::vector<Flow> flows;
  std::vector<bool> contracts; // a core
  bool isStale = false;        // the rates of the flows
  double now = 0, last = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDFLOW_H
