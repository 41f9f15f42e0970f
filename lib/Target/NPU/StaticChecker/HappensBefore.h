//===- HappensBefore.h - Order of the commands of a program -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Runs the queues of a program without their data. A semaphore has one queue
// that signals it and one that waits on it, both in order; so which signal ends
// which wait does not depend on timing, and one run finds the order that holds
// in every run, as vector clocks.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_STATICCHECKER_HAPPENSBEFORE_H
#define GARAM_LIB_TARGET_NPU_STATICCHECKER_HAPPENSBEFORE_H

#include "garam/Target/NPU/Machine/ByteRegion.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::npu {

/// One execution of a command. Loops are expanded, their commands left out.
struct Step {
  uint32_t command; // number in the queue as stored
  LoopIndices indices;
};

/// A step of a queue, by their numbers.
struct StepId {
  uint32_t queue, step;
};

class HappensBefore {
public:
  /// Called for a violation of rule 'D' or 'S'.
  using Report = llvm::function_ref<void(char rule, const llvm::Twine &)>;

  /// Runs `program`, which has been verified, with launch parameters at their
  /// maximum.
  explicit HappensBefore(const Program &program);

  /// Returns whether the program ends as it should, so that the order is known.
  bool run(Report report);

  llvm::ArrayRef<Step> getSteps(uint32_t queue) const { return steps[queue]; }

  /// Every step that was executed, after all those that happen before it.
  llvm::ArrayRef<StepId> getExecution() const { return execution; }

  /// Number of steps of `queue` that happen before `step`.
  uint32_t getClock(StepId step, uint32_t queue) const {
    return step.queue == queue
               ? step.step
               : clocks[size_t(clockOf[step.queue][step.step]) * numQueues +
                        queue];
  }
  bool happensBefore(StepId a, StepId b) const {
    return a.step < getClock(b, a.queue);
  }

  /// "core 1, dma queue, command 7, turn 2.0".
  std::string describe(StepId step) const;

private:
  struct Signal {
    uint64_t total; // of all counts up to this signal
    StepId step;
  };
  struct Consumption {
    uint64_t total; // of all counts up to this wait
    uint32_t step;
  };
  struct Semaphore {
    llvm::SmallVector<Signal, 2> signals;
    llvm::SmallVector<Consumption, 2> waits;
    size_t nextSignal = 0; // the first that the next wait may need
    bool isFull = false;   // already reported

    uint64_t getSignalled() const {
      return signals.empty() ? 0 : signals.back().total;
    }
    uint64_t getConsumed() const {
      return waits.empty() ? 0 : waits.back().total;
    }
  };

  void expand(uint32_t queue);
  uint32_t findQueue(uint16_t core, Engine engine) const;
  Semaphore &getSemaphore(uint32_t queue, uint16_t number) {
    return semaphores[size_t(queue) * maxSemaphores + number];
  }
  bool checkSignallers(Report report) const;
  void runQueue(uint32_t queue, llvm::SmallVectorImpl<uint32_t> &runnable,
                Report report);
  bool wait(StepId step, const WaitCommand &command);
  void signal(StepId step, const SignalCommand &command, Report report);
  bool checkEnd(Report report) const;

  const Program &program;
  const size_t numQueues;
  std::vector<std::vector<Step>> steps;
  std::vector<Semaphore> semaphores;
  std::vector<uint32_t> position;
  /// Vector clocks of numQueues entries each; a queue gets a new one when it
  /// waits. Its own entry is not used, the step's number says more.
  std::vector<uint32_t> clocks;
  std::vector<uint32_t> currentClock;
  std::vector<std::vector<uint32_t>> clockOf;
  std::vector<StepId> execution;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_STATICCHECKER_HAPPENSBEFORE_H
