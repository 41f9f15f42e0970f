//===- HappensBefore.cpp - Order of the commands of a program -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "HappensBefore.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace garam::npu;
using llvm::Twine;

HappensBefore::HappensBefore(const Program &program)
    : program(program), numQueues(program.queues.size()), steps(numQueues),
      semaphores(numQueues * maxSemaphores), position(numQueues, 0),
      clocks(numQueues, 0), currentClock(numQueues, 0), clockOf(numQueues) {
  for (uint32_t queue = 0; queue < numQueues; ++queue)
    expand(queue);
}

void HappensBefore::expand(uint32_t queue) {
  llvm::ArrayRef<Command> commands = program.queues[queue].commands;
  struct Loop {
    uint32_t begin, count;
  };
  llvm::SmallVector<Loop, maxLoopDepth> loops;
  LoopIndices indices = {};
  for (uint32_t i = 0; i < commands.size(); ++i) {
    if (auto *loop = std::get_if<LoopBeginCommand>(&commands[i])) {
      loops.push_back({i, loop->count});
    } else if (std::holds_alternative<LoopEndCommand>(commands[i])) {
      uint32_t &index = indices[loops.size() - 1];
      if (++index < loops.back().count) {
        i = loops.back().begin;
      } else {
        index = 0;
        loops.pop_back();
      }
    } else {
      steps[queue].push_back({i, indices});
    }
  }
  clockOf[queue].resize(steps[queue].size());
}

uint32_t HappensBefore::findQueue(uint16_t core, Engine engine) const {
  auto found = llvm::lower_bound(
      program.queues, std::make_pair(core, engine),
      [](const Queue &queue, std::pair<uint16_t, Engine> key) {
        return std::make_pair(queue.core, queue.engine) < key;
      });
  return found - program.queues.begin();
}

std::string HappensBefore::describe(StepId id) const {
  const Queue &queue = program.queues[id.queue];
  const Step &step = steps[id.queue][id.step];
  unsigned depth = 0;
  for (const Command &command :
       llvm::ArrayRef(queue.commands).take_front(step.command)) {
    depth += std::holds_alternative<LoopBeginCommand>(command);
    depth -= std::holds_alternative<LoopEndCommand>(command);
  }
  std::string text =
      ("core " + Twine(queue.core) + ", " + getName(queue.engine) +
       " queue, command " + Twine(step.command))
          .str();
  for (unsigned i = 0; i < depth; ++i)
    text += (i == 0 ? ", turn " : ".") + std::to_string(step.indices[i]);
  return text;
}

/// Rule S: the signals of a semaphore come from one queue.
bool HappensBefore::checkSignallers(Report report) const {
  bool valid = true;
  constexpr uint32_t none = UINT32_MAX;
  std::vector<uint32_t> signaller(semaphores.size(), none);
  for (uint32_t queue = 0; queue < numQueues; ++queue) {
    for (const Command &command : program.queues[queue].commands) {
      auto *signal = std::get_if<SignalCommand>(&command);
      if (!signal)
        continue;
      uint32_t receiver = findQueue(signal->core, signal->engine);
      uint32_t &first =
          signaller[size_t(receiver) * maxSemaphores + signal->semaphore];
      if (first == none)
        first = queue;
      if (first == queue)
        continue;
      valid = false;
      auto name = [&](uint32_t number) {
        const Queue &q = program.queues[number];
        return ("core " + Twine(q.core) + ", " + getName(q.engine) + " queue")
            .str();
      };
      report('S', "semaphore " + Twine(signal->semaphore) + " of " +
                      name(receiver) + " is signalled by two queues: " +
                      name(first) + ", and " + name(queue));
    }
  }
  return valid;
}

bool HappensBefore::run(Report report) {
  if (!checkSignallers(report))
    return false;
  llvm::SmallVector<uint32_t> runnable;
  for (uint32_t queue = numQueues; queue-- > 0;)
    runnable.push_back(queue);
  while (!runnable.empty())
    runQueue(runnable.pop_back_val(), runnable, report);
  return checkEnd(report);
}

/// Runs a queue until it ends or blocks.
void HappensBefore::runQueue(uint32_t queue,
                             llvm::SmallVectorImpl<uint32_t> &runnable,
                             Report report) {
  for (; position[queue] < steps[queue].size(); ++position[queue]) {
    StepId id = {queue, position[queue]};
    const Command &command =
        program.queues[queue].commands[steps[queue][id.step].command];
    if (auto *wait = std::get_if<WaitCommand>(&command))
      if (!this->wait(id, *wait))
        return;
    clockOf[queue][id.step] = currentClock[queue];
    execution.push_back(id);
    if (auto *signal = std::get_if<SignalCommand>(&command)) {
      this->signal(id, *signal, report);
      uint32_t receiver = findQueue(signal->core, signal->engine);
      if (receiver != queue)
        runnable.push_back(receiver);
    }
  }
}

/// Returns whether the semaphore's count suffices, so that `step` is executed.
bool HappensBefore::wait(StepId step, const WaitCommand &command) {
  Semaphore &semaphore = getSemaphore(step.queue, command.semaphore);
  uint64_t needed = semaphore.getConsumed() + command.count;
  if (needed > semaphore.getSignalled())
    return false;
  semaphore.waits.push_back({needed, step.step});
  while (semaphore.signals[semaphore.nextSignal].total < needed)
    ++semaphore.nextSignal;

  // What happened before that signal has happened before this wait.
  StepId from = semaphore.signals[semaphore.nextSignal].step;
  size_t old = size_t(currentClock[step.queue]) * numQueues;
  currentClock[step.queue] = clocks.size() / numQueues;
  for (uint32_t queue = 0; queue < numQueues; ++queue)
    clocks.push_back(std::max(clocks[old + queue], getClock(from, queue)));
  return true;
}

void HappensBefore::signal(StepId step, const SignalCommand &command,
                           Report report) {
  uint32_t receiver = findQueue(command.core, command.engine);
  Semaphore &semaphore = getSemaphore(receiver, command.semaphore);
  semaphore.signals.push_back({semaphore.getSignalled() + command.count, step});
  // Only what happens before the signal is sure to be consumed by then.
  uint32_t clock = getClock(step, receiver);
  auto consumed =
      llvm::partition_point(semaphore.waits, [&](const Consumption &wait) {
        return wait.step < clock;
      });
  uint64_t count =
      semaphore.getSignalled() -
      (consumed == semaphore.waits.begin() ? 0 : std::prev(consumed)->total);
  if (count <= maxSemaphoreCount || semaphore.isFull)
    return;
  semaphore.isFull = true;
  report('S', describe(step) + ": semaphore " + Twine(command.semaphore) +
                  " of core " + Twine(command.core) + ", " +
                  getName(command.engine) + " queue, can reach a count of " +
                  Twine(count) + ", more than " + Twine(maxSemaphoreCount));
}

/// Rule D: every queue ended and every semaphore is zero.
bool HappensBefore::checkEnd(Report report) const {
  bool ended = true;
  for (uint32_t queue = 0; queue < numQueues; ++queue) {
    if (position[queue] == steps[queue].size())
      continue;
    ended = false;
    StepId id = {queue, position[queue]};
    const auto &wait = std::get<WaitCommand>(
        program.queues[queue].commands[steps[queue][id.step].command]);
    const Semaphore &semaphore =
        semaphores[size_t(queue) * maxSemaphores + wait.semaphore];
    report('D', describe(id) + ": waits forever for semaphore " +
                    Twine(wait.semaphore) + " to reach " + Twine(wait.count) +
                    "; it stays at " +
                    Twine(semaphore.getSignalled() - semaphore.getConsumed()));
  }
  if (!ended)
    return false;
  for (auto [number, semaphore] : llvm::enumerate(semaphores)) {
    uint64_t left = semaphore.getSignalled() - semaphore.getConsumed();
    if (left == 0)
      continue;
    const Queue &queue = program.queues[number / maxSemaphores];
    report('D', "semaphore " + Twine(number % maxSemaphores) + " of core " +
                    Twine(queue.core) + ", " + getName(queue.engine) +
                    " queue, is left at " + Twine(left) +
                    "; last signalled by " +
                    describe(semaphore.signals.back().step));
  }
  return ended;
}
