//===- Synchronization.cpp - What queues wait for -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Synchronization.h"

using namespace mlir;

namespace garam::npu {

Synchronization::Synchronization(ArrayRef<Operation *> operations,
                                 const AccessTable &accesses)
    : histories(accesses.getNumBuffers()) {
  unsigned numQueues = 0;
  for (Operation *op : operations)
    numQueues = std::max(numQueues, getQueue(op) + 1);
  known.assign(numQueues, Clock(numQueues, 0));
  clocks.resize(numQueues);
  clockOf.resize(numQueues);
  commands.resize(numQueues);
  for (Operation *op : operations)
    visit(op, accesses);
}

void Synchronization::visit(Operation *op, const AccessTable &table) {
  ArrayRef<CommandAccess> accesses = table.of(op);
  ArrayRef<unsigned> buffers = table.buffersOf(op);
  unsigned queue = getQueue(op);
  Clock needed(known.size(), 0);
  for (auto [access, buffer] : llvm::zip_equal(accesses, buffers)) {
    BufferHistory &history = histories[buffer];
    if (!history.isStarted)
      start(history, access.buffer, table);
    addConflicts(access, history, queue, needed);
  }
  waitFor(op, queue, needed);

  commands[queue].push_back(op);
  QueuePoint point{queue, static_cast<unsigned>(commands[queue].size())};
  known[queue][queue] = point.number;
  // Without waits it knows what the command before it does.
  if (clocks[queue].empty() || waits.count(op))
    clocks[queue].push_back(known[queue]);
  clockOf[queue].push_back(clocks[queue].size() - 1);
  for (auto [access, buffer] : llvm::zip_equal(accesses, buffers)) {
    BufferHistory &history = histories[buffer];
    history.lastTouch[queue] = point.number;
    if (access.isWrite)
      history.writes.add(access, point);
  }
}

/// A buffer takes its addresses.
void Synchronization::start(BufferHistory &history, BufferOp buffer,
                            const AccessTable &accesses) {
  history.isStarted = true;
  SmallVector<BufferOp> previous;
  owners.take(buffer, previous);
  for (BufferOp other : previous)
    history.predecessors.push_back(accesses.getNumber(other));
}

static void raise(MutableArrayRef<unsigned> clock, QueuePoint point) {
  clock[point.queue] = std::max(clock[point.queue], point.number);
}

/// Raises `needed` to what must have finished before `access` may happen.
void Synchronization::addConflicts(const CommandAccess &access,
                                   const BufferHistory &history, unsigned queue,
                                   Clock &needed) const {
  if (!access.isWrite)
    history.writes.visit(
        access,
        [&](QueuePoint write) {
          return write.number >
                 std::max(needed[write.queue], known[queue][write.queue]);
        },
        [&](QueuePoint write) { raise(needed, write); });
  if (history.lastTouch.count(queue))
    return;
  for (unsigned previous : history.predecessors)
    for (auto [otherQueue, number] : histories[previous].lastTouch)
      raise(needed, {otherQueue, number});
}

/// Waits of `queue` before `op` until `needed`, leaving out what follows.
void Synchronization::waitFor(Operation *op, unsigned queue,
                              const Clock &needed) {
  SmallVector<QueuePoint> points;
  for (unsigned other = 0; other < needed.size(); ++other)
    if (other != queue && needed[other] > known[queue][other])
      points.push_back({other, needed[other]});
  for (QueuePoint point : points) {
    bool follows = llvm::any_of(points, [&](QueuePoint other) {
      return other.queue != point.queue &&
             getKnown(other, point.queue) >= point.number;
    });
    if (follows)
      continue;
    waits[op].push_back(point);
    signals[commands[point.queue][point.number - 1]].push_back(queue);
  }
  for (QueuePoint point : points)
    for (auto [other, mine] : llvm::enumerate(known[queue]))
      if (other != queue)
        mine = std::max(mine, getKnown(point, other));
}

/// How many commands of `queue` have finished when that at `point` has.
unsigned Synchronization::getKnown(QueuePoint point, unsigned queue) const {
  return queue == point.queue
             ? point.number
             : clocks[point.queue][clockOf[point.queue][point.number - 1]]
                     [queue];
}

} // namespace garam::npu
