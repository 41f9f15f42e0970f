//===- ReferenceOrder.h - Order of commands, found plainly ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the static checker's answers are compared with. Written for being
// obviously right: explicit graphs and lists of bytes, no closed forms. Shares
// no code with the checker.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_REFERENCEORDER_H
#define GARAM_UNITTESTS_TARGET_NPU_REFERENCEORDER_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/BitVector.h"

namespace garam::npu::test {

/// One executed command.
struct Execution {
  unsigned command; // in its queue as stored
  std::array<uint32_t, maxLoopDepth> indices;
};

/// The executions of a queue, loops expanded and their commands left out.
std::vector<Execution> expandLoops(const Queue &queue);

/// An executed command that touches memory: the `number`-th of its queue.
struct DataStep {
  unsigned queue, number;
  bool operator<(const DataStep &other) const {
    return std::make_pair(queue, number) <
           std::make_pair(other.queue, other.number);
  }
};

/// Two data steps of different queues that touch a common byte, one of them
/// writing. Launch parameters are at their maximum.
using Conflict = std::pair<DataStep, DataStep>;
std::vector<Conflict> findConflicts(const Program &program);

/// Happens-before as the transitive closure of a graph: each step after the
/// one before it in its queue, each wait after the signals whose counts it
/// takes, oldest first.
class ReferenceOrder {
public:
  explicit ReferenceOrder(const Program &program);

  bool isDeadlocked() const { return deadlocked; }
  bool happensBefore(DataStep a, DataStep b) const {
    return predecessors[getStep(b)].test(getStep(a));
  }
  bool isOrdered(const Conflict &conflict) const {
    return happensBefore(conflict.first, conflict.second) ||
           happensBefore(conflict.second, conflict.first);
  }

private:
  unsigned getStep(DataStep step) const {
    return dataSteps[step.queue][step.number];
  }

  bool deadlocked = false;
  std::vector<std::vector<unsigned>> dataSteps;
  std::vector<llvm::BitVector> predecessors;
};

/// Happens-before by trying all interleavings of a small program.
class Interleavings {
public:
  explicit Interleavings(const Program &program);

  bool canDeadlock() const { return deadlocks; }
  bool happensBefore(DataStep a, DataStep b) const;

private:
  struct StepInfo {
    std::vector<unsigned> dataBefore; // of each queue, in every interleaving
  };
  bool deadlocks = false;
  std::vector<std::vector<StepInfo>> dataSteps;
};

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_REFERENCEORDER_H
