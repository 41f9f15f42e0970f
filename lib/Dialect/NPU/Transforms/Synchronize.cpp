//===- Synchronize.cpp - Orders the queues by semaphores ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "WriteHistory.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/MapVector.h"

#include <map>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSYNCHRONIZE
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// A command by its queue and its number in it, counted from 1: 0 is the start.
struct Point {
  unsigned queue;
  unsigned number;
};

/// How far each queue is known to have come.
using Clock = SmallVector<unsigned, 24>;

/// A memory: a core's SRAM, the shared SRAM or a segment.
using Memory = std::pair<SpaceKind, int64_t>;

/// What has happened to a buffer so far.
struct BufferHistory {
  WriteHistory<Point> writes;
  /// Last command of each queue that touched it.
  std::map<unsigned, unsigned> lastTouch;
  /// Buffers that had its addresses before.
  SmallVector<BufferOp> predecessors;
  bool isStarted = false;
};

/// Who has which addresses of a memory.
class Occupants {
public:
  /// Gives [low, high) to `buffer`; those that had it are added to `previous`.
  void occupy(int64_t low, int64_t high, BufferOp buffer,
              SmallVectorImpl<BufferOp> &previous) {
    auto it = ranges.lower_bound(low);
    if (it != ranges.begin() && std::prev(it)->second.high > low)
      --it;
    while (it != ranges.end() && it->first < high) {
      auto [begin, range] = *it;
      if (!llvm::is_contained(previous, range.buffer))
        previous.push_back(range.buffer);
      it = ranges.erase(it);
      if (begin < low)
        ranges[begin] = {low, range.buffer};
      if (range.high > high)
        it = std::next(ranges.insert({high, range}).first);
    }
    ranges[low] = {high, buffer};
  }

private:
  struct Range {
    int64_t high;
    BufferOp buffer;
  };
  std::map<int64_t, Range> ranges;
};

class Synchronizer {
public:
  explicit Synchronizer(func::FuncOp func) : func(func) {
    unsigned numQueues = 0;
    for (Operation &op : func.front())
      if (isCommand(&op))
        numQueues = std::max(numQueues, getQueue(&op) + 1);
    known.assign(numQueues, Clock(numQueues, 0));
    clocks.resize(numQueues);
    clockOf.resize(numQueues);
    commands.resize(numQueues);
  }

  void run() {
    for (Operation &op : func.front())
      if (isCommand(&op))
        visit(&op);
    insert();
  }

private:
  void visit(Operation *op) {
    unsigned queue = getQueue(op);
    SmallVector<CommandAccess, 6> accesses = getAccesses(op);
    Clock needed(known.size(), 0);
    for (const CommandAccess &access : accesses)
      addConflicts(access, queue, needed);
    waitFor(op, queue, needed);

    commands[queue].push_back(op);
    Point point{queue, static_cast<unsigned>(commands[queue].size())};
    known[queue][queue] = point.number;
    // Without waits it knows what the command before it does.
    if (clocks[queue].empty() || waits.count(op))
      clocks[queue].push_back(known[queue]);
    clockOf[queue].push_back(clocks[queue].size() - 1);
    for (const CommandAccess &access : accesses)
      record(access, point);
  }

  /// Raises `needed` to what must have finished before `access` may happen.
  void addConflicts(const CommandAccess &access, unsigned queue,
                    Clock &needed) {
    BufferHistory &history = histories[access.buffer];
    if (!history.isStarted)
      start(access.buffer, history);
    if (!access.isWrite)
      history.writes.visit(
          access,
          [&](Point write) {
            return write.number >
                   std::max(needed[write.queue], known[queue][write.queue]);
          },
          [&](Point write) { raise(needed, write); });
    if (history.lastTouch.count(queue))
      return;
    for (BufferOp previous : history.predecessors)
      for (auto [otherQueue, number] : histories[previous].lastTouch)
        raise(needed, {otherQueue, number});
  }

  static void raise(Clock &clock, Point point) {
    clock[point.queue] = std::max(clock[point.queue], point.number);
  }

  void start(BufferOp buffer, BufferHistory &history) {
    history.isStarted = true;
    int64_t low = buffer.getOffset().value_or(0);
    int64_t high = low + std::max<int64_t>(buffer.getSize(), 1);
    auto occupy = [&](int64_t index) {
      occupants[{buffer.getSpace(), index}].occupy(low, high, buffer,
                                                   history.predecessors);
    };
    if (std::optional<ArrayRef<int64_t>> cores = buffer.getCores())
      llvm::for_each(*cores, occupy);
    else
      occupy(buffer.getSegment().value_or(0));
  }

  /// Waits of `queue` before `op` until `needed`, leaving out what follows.
  void waitFor(Operation *op, unsigned queue, const Clock &needed) {
    SmallVector<Point> points;
    for (unsigned other = 0; other < needed.size(); ++other)
      if (other != queue && needed[other] > known[queue][other])
        points.push_back({other, needed[other]});
    for (Point point : points) {
      bool follows = llvm::any_of(points, [&](Point other) {
        return other.queue != point.queue &&
               getKnown(other, point.queue) >= point.number;
      });
      if (follows)
        continue;
      waits[op].push_back(point);
      signals[commands[point.queue][point.number - 1]].push_back(queue);
    }
    for (Point point : points)
      for (auto [other, mine] : llvm::enumerate(known[queue]))
        if (other != queue)
          mine = std::max(mine, getKnown(point, other));
  }

  /// How many commands of `queue` have finished when that at `point` has.
  unsigned getKnown(Point point, unsigned queue) const {
    return queue == point.queue
               ? point.number
               : clocks[point.queue][clockOf[point.queue][point.number - 1]]
                       [queue];
  }

  void record(const CommandAccess &access, Point point) {
    BufferHistory &history = histories[access.buffer];
    history.lastTouch[point.queue] = point.number;
    if (access.isWrite)
      history.writes.add(access, point);
  }

  /// Puts waits in front of their commands and signals behind theirs. The
  /// semaphore of a pair of queues has the number of the signalling one.
  void insert() {
    OpBuilder builder(func.getContext());
    for (auto &[op, points] : waits) {
      builder.setInsertionPoint(op);
      unsigned queue = getQueue(op);
      for (Point point : points)
        WaitOp::create(builder, op->getLoc(), queue / numEngineKinds,
                       getEngine(queue), point.queue, 1);
    }
    for (auto &[op, queues] : signals) {
      builder.setInsertionPointAfter(op);
      unsigned queue = getQueue(op);
      for (unsigned other : queues)
        SignalOp::create(builder, op->getLoc(), queue / numEngineKinds,
                         getEngine(queue), other / numEngineKinds,
                         getEngine(other), queue, 1);
    }
  }

  static EngineKind getEngine(unsigned queue) {
    return static_cast<EngineKind>(queue % numEngineKinds);
  }

  func::FuncOp func;
  /// known[q]: what has finished before the next command of queue q starts.
  std::vector<Clock> known;
  /// clocks[q][clockOf[q][n - 1]]: what of other queues has finished when
  /// command n of queue q has. A queue gets a new one when it waits.
  std::vector<std::vector<Clock>> clocks;
  std::vector<std::vector<unsigned>> clockOf;
  std::vector<std::vector<Operation *>> commands;
  llvm::DenseMap<Operation *, BufferHistory> histories;
  std::map<Memory, Occupants> occupants;
  llvm::MapVector<Operation *, SmallVector<Point>> waits;
  llvm::MapVector<Operation *, SmallVector<unsigned>> signals;
};

struct Synchronize : impl::NPUSynchronizeBase<Synchronize> {
  void runOnOperation() override {
    if (failed(checkNotRolled(getOperation())))
      return signalPassFailure();
    synchronize(getOperation());
  }
};

} // namespace

void synchronize(func::FuncOp func) {
  if (!func.isExternal())
    Synchronizer(func).run();
}

} // namespace garam::npu
