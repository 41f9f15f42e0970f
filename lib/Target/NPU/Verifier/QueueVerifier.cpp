//===- QueueVerifier.cpp - Rules of queues and their control --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include "llvm/Support/MathExtras.h"

using llvm::ArrayRef;
using llvm::Twine;

namespace garam::npu {

llvm::Error QueueVerifier::run() {
  std::string where = ("NPU program: core " + Twine(queue.core) + ", " +
                       getName(queue.engine) + " queue")
                          .str();
  for (auto [number, command] : llvm::enumerate(queue.commands)) {
    std::visit([this](const auto &c) { verify(c); }, command);
    uint64_t repetitions = 1;
    for (const Loop &loop : loops)
      repetitions = llvm::SaturatingMultiply<uint64_t>(repetitions, loop.count);
    executedCommands = llvm::SaturatingAdd(executedCommands, repetitions);
    if (!message.empty())
      return llvm::createStringError(where + ", command " + Twine(number) +
                                     ": " + message);
  }
  check(loops.empty(), 5, Twine(loops.size()) + " loops have no end");
  check(executedCommands <= maxExecutedCommands, 6,
        "executes " + Twine(executedCommands) +
            " commands when loops are expanded; at most " +
            Twine(maxExecutedCommands) + " are possible");
  if (!message.empty())
    return llvm::createStringError(where + ": " + message);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Waits, signals and loops
//===----------------------------------------------------------------------===//

void QueueVerifier::verify(const WaitCommand &c) {
  check(c.semaphore < maxSemaphores, 7, "semaphore " + Twine(c.semaphore));
  check(c.count >= 1 && c.count <= maxSemaphoreCount, 7,
        "waits for a count of " + Twine(c.count));
}

void QueueVerifier::verify(const SignalCommand &c) {
  check(c.semaphore < maxSemaphores, 8, "semaphore " + Twine(c.semaphore));
  check(c.count >= 1 && c.count <= maxSemaphoreCount, 8,
        "signals a count of " + Twine(c.count));
  check(llvm::any_of(program.queues,
                     [&](const Queue &other) {
                       return other.core == c.core && other.engine == c.engine;
                     }),
        8,
        "signals a queue that the program does not have (core " +
            Twine(c.core) + ")");
}

void QueueVerifier::verify(const LoopBeginCommand &c) {
  check(loops.size() < maxLoopDepth, 5,
        "loops nest deeper than " + Twine(maxLoopDepth));
  check(c.count >= 1, 5, "a loop with count 0");
  if (checkParameter(c.parameter) && c.parameter >= 0)
    check(c.count == program.parameters[c.parameter].maximum, 5,
          "the count " + Twine(c.count) + " is not the maximum " +
              Twine(program.parameters[c.parameter].maximum) +
              " of the loop's parameter");
  loops.push_back({c.count, c.parameter >= 0, accumulators});
}

void QueueVerifier::verify(const LoopEndCommand &) {
  if (!check(!loops.empty(), 5, "the end of a loop that did not begin"))
    return;
  Loop loop = loops.pop_back_val();
  if (loop.first && loop.first->accumulate && loop.count > 1)
    check(accumulators == AccumulatorState::of(*loop.first), 17,
          "the loop's next turn accumulates on other sums than its last turn "
          "leaves");
  if (loop.mayBeSkipped && loop.first && !(accumulators == loop.before))
    accumulators = AccumulatorState();
}

} // namespace garam::npu
