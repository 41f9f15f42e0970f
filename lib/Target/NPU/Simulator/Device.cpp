//===- Device.cpp - Queues and engines of a simulated NPU -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Queues execute their commands in order. A command of an engine takes effect
// on memory when it ends; a program whose accesses are ordered by semaphores
// (StaticChecker.h) gives the same result whatever the times are.
//
//===----------------------------------------------------------------------===//

#include "NPUDevice.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

llvm::Error NPUDevice::start() {
  startTime = kernel.now();
  if (queues.empty() && options.onEnd)
    return options.onEnd();
  for (uint32_t queue = 0; queue < queues.size(); ++queue)
    if (llvm::Error error = advance(queue))
      return error;
  return llvm::Error::success();
}

llvm::Error NPUDevice::handle(uint64_t tag) {
  uint32_t number = static_cast<uint32_t>(tag);
  switch (static_cast<EventKind>(tag >> kindShift)) {
  case EventKind::CommandEnds:
    if (llvm::Error error = endCommand(number))
      return error;
    return advance(number);
  case EventKind::Packet:
    sendPacket(number);
    return llvm::Error::success();
  case EventKind::SignalArrives:
    return receive(number);
  }
  return llvm::Error::success();
}

void NPUDevice::report(uint32_t queue, sim::Time start) {
  if (options.onCommand)
    options.onCommand({queue, queues[queue].position, start, kernel.now()});
}

/// The present command of `queue` spends `duration`.
void NPUDevice::charge(uint32_t queue, TimeCategory category,
                       sim::Time duration) {
  QueueState &state = queues[queue];
  state.account.charge(category, duration);
  if (options.tracePath && duration > 0)
    trace.add(state.account.path, {queue, state.position, category, duration},
              state.commandStart);
}

/// Executes commands of `queue` until one takes time or blocks.
llvm::Error NPUDevice::advance(uint32_t queue) {
  QueueState &state = queues[queue];
  const std::vector<Command> &commands = program.queues[queue].commands;
  while (state.position < commands.size()) {
    if (++result.executedCommands > options.maxCommands)
      return locate(llvm::createStringError(
                        "more than " + std::to_string(options.maxCommands) +
                        " commands have been executed"),
                    queue, state.position);
    const Command &command = commands[state.position];
    const PreparedCommand &entry = prepared[queue][state.position];
    state.commandStart = kernel.now();
    if (std::holds_alternative<TensorCommand>(command) ||
        std::holds_alternative<VectorCommand>(command)) {
      startEngine(queue);
      return llvm::Error::success();
    }
    if (const auto *dma = std::get_if<DMACommand>(&command)) {
      startTransfer(queue, *dma, entry.transfer);
      return llvm::Error::success();
    }
    if (std::holds_alternative<WaitCommand>(command)) {
      if (!tryWait(queue)) {
        state.status = QueueState::Status::Waiting;
        return llvm::Error::success();
      }
      report(queue, kernel.now());
    } else if (const auto *signal = std::get_if<SignalCommand>(&command)) {
      send(queue, *signal);
      report(queue, kernel.now());
    } else if (const auto *loop = std::get_if<LoopBeginCommand>(&command)) {
      enterLoop(queue, *loop);
    } else {
      leaveTurn(queue);
    }
    ++state.position;
  }
  return finish(queue);
}

/// The last command of `queue` has ended.
llvm::Error NPUDevice::finish(uint32_t queue) {
  QueueState &state = queues[queue];
  state.status = QueueState::Status::Finished;
  sim::Time passed = kernel.now() - startTime;
  if (passed >= result.latencyFs) {
    result.latencyFs = passed;
    result.criticalPathFs = state.account.spent;
    if (options.tracePath)
      result.path = trace.list(state.account.path);
  }
  // A signal may still be on its way, to a queue that has not asked for it.
  if (++numFinished == queues.size() && options.onEnd)
    return options.onEnd();
  return llvm::Error::success();
}

void NPUDevice::enterLoop(uint32_t queue, const LoopBeginCommand &loop) {
  QueueState &state = queues[queue];
  uint32_t count =
      loop.parameter >= 0 ? parameters[loop.parameter] : loop.count;
  if (count == 0) {
    state.position = prepared[queue][state.position].matchingLoop;
    return;
  }
  state.iterations[state.loops.size()] = 0;
  state.loops.push_back({state.position, count});
}

/// At the end of a loop's body: back to its begin, or out of it.
void NPUDevice::leaveTurn(uint32_t queue) {
  QueueState &state = queues[queue];
  unsigned depth = state.loops.size() - 1;
  if (++state.iterations[depth] < state.loops[depth].count) {
    state.position = state.loops[depth].begin;
    return;
  }
  state.iterations[depth] = 0;
  state.loops.pop_back();
}

/// Takes the count of the wait command that `queue` is at, if it is there.
bool NPUDevice::tryWait(uint32_t queue) {
  QueueState &state = queues[queue];
  const auto &wait =
      std::get<WaitCommand>(program.queues[queue].commands[state.position]);
  uint32_t &value = state.semaphores[wait.semaphore];
  if (value < wait.count)
    return false;
  value -= wait.count;
  return true;
}

void NPUDevice::send(uint32_t queue, const SignalCommand &signal) {
  uint32_t target = prepared[queue][queues[queue].position].target;
  bool isLocal = signal.core == program.queues[queue].core;
  sim::Time latency =
      sim::getTime(isLocal ? machine.synchronisation.localSeconds
                           : machine.synchronisation.remoteSeconds);
  uint32_t number;
  if (freeMessages.empty()) {
    number = messages.size();
    messages.emplace_back();
  } else {
    number = freeMessages.back();
    freeMessages.pop_back();
  }
  messages[number] = {target, signal.semaphore, signal.count,
                      queues[queue].account, latency};
  schedule(latency, EventKind::SignalArrives, number);
}

llvm::Error NPUDevice::receive(uint32_t number) {
  Message message = messages[number];
  freeMessages.push_back(number);
  QueueState &state = queues[message.queue];
  uint32_t &value = state.semaphores[message.semaphore];
  value += message.count;
  if (value > maxSemaphoreCount)
    return locate(llvm::createStringError(
                      "semaphore " + std::to_string(message.semaphore) +
                      " overflows: its count becomes " + std::to_string(value) +
                      ", the most is " + std::to_string(maxSemaphoreCount)),
                  message.queue, state.position);
  if (state.status != QueueState::Status::Waiting || !tryWait(message.queue))
    return llvm::Error::success();
  // What the queue waited for last is the signal, so the path leads there.
  if (kernel.now() > state.commandStart) {
    state.account = message.account;
    charge(message.queue, TimeCategory::Synchronisation, message.latency);
  }
  state.status = QueueState::Status::Running;
  report(message.queue, state.commandStart);
  ++state.position;
  return advance(message.queue);
}

std::string NPUDevice::describeBlocked() const {
  std::string blocked;
  for (uint32_t queue = 0; queue < queues.size(); ++queue) {
    const QueueState &state = queues[queue];
    if (state.status != QueueState::Status::Waiting)
      continue;
    const auto &wait =
        std::get<WaitCommand>(program.queues[queue].commands[state.position]);
    blocked += llvm::formatv(
        "{0}{1} waits at command {2} for semaphore {3} to reach {4}, it is {5}",
        blocked.empty() ? "" : ", ", describe(queue), state.position,
        wait.semaphore, wait.count, state.semaphores[wait.semaphore]);
  }
  return blocked;
}

//===----------------------------------------------------------------------===//
// Engines
//===----------------------------------------------------------------------===//

/// Starts the tensor or vector command that `queue` is at, or lets it wait for
/// the other engine of a core where they exclude each other.
void NPUDevice::startEngine(uint32_t queue) {
  QueueState &state = queues[queue];
  uint16_t core = program.queues[queue].core;
  if (machine.vector.excludesTensor()) {
    SharedCore &shared = sharedCores[core];
    if (shared.isBusy) {
      shared.waiting = queue;
      return;
    }
    shared.isBusy = true;
  }
  const EngineTime &time = prepared[queue][state.position].engine;
  uint64_t worked = llvm::SaturatingAdd(time.fillCycles, time.computeCycles);
  sim::Time fixed = sim::getTime(time.fixedSeconds);
  sim::Time fill = clock.getTime(time.fillCycles);
  sim::Time work = clock.getTime(worked);
  sim::Time busy = clock.getTime(time.getBusyCycles());
  charge(queue, TimeCategory::FixedCost, fixed);
  charge(queue, TimeCategory::Fill, fill);
  charge(queue, TimeCategory::Compute, work - fill);
  charge(queue, TimeCategory::LocalBandwidth, busy - work);
  if (program.queues[queue].engine == Engine::Tensor)
    contracting[core] = true;
  schedule(sim::addTime(fixed, busy), EventKind::CommandEnds, queue);
}

/// After a tensor or vector command of `queue`: the other engine goes first. It
/// was this queue that it waited for, so the path leads here.
void NPUDevice::releaseCore(uint32_t queue) {
  SharedCore &shared = sharedCores[program.queues[queue].core];
  shared.isBusy = false;
  std::optional<uint32_t> next = std::exchange(shared.waiting, std::nullopt);
  if (!next)
    return;
  QueueState &state = queues[*next];
  if (kernel.now() > state.commandStart)
    state.account = queues[queue].account;
  state.commandStart = kernel.now();
  startEngine(*next);
}

llvm::Error NPUDevice::endCommand(uint32_t queue) {
  QueueState &state = queues[queue];
  const Command &command = program.queues[queue].commands[state.position];
  if (std::holds_alternative<TensorCommand>(command))
    contracting[program.queues[queue].core] = false;
  if (llvm::Error error = executeData(queue))
    return locate(std::move(error), queue, state.position);
  if (options.onData && !options.timingOnly)
    if (llvm::Error error = options.onData(
            {queue, state.position, state.commandStart, kernel.now()},
            [&](const Address &address, uint64_t size) {
              return memory.read(address, size);
            }))
      return error;
  count(prepared[queue][state.position], command);
  result.queueBusyFs[queue] += kernel.now() - state.commandStart;
  report(queue, state.commandStart);
  ++state.position;
  if (!std::holds_alternative<DMACommand>(command))
    releaseCore(queue);
  return llvm::Error::success();
}

llvm::Error NPUDevice::executeData(uint32_t queue) {
  const QueueState &state = queues[queue];
  const Command &command = program.queues[queue].commands[state.position];
  uint16_t core = program.queues[queue].core;
  ExecutionContext context = {core, state.iterations, parameters};
  if (const auto *tensor = std::get_if<TensorCommand>(&command))
    return execute(*tensor, context, memory, accumulators[core],
                   options.timingOnly, pool.get());
  if (const auto *vector = std::get_if<VectorCommand>(&command))
    return execute(*vector, context, memory, options.timingOnly);
  return execute(std::get<DMACommand>(command), context, memory,
                 options.timingOnly);
}

} // namespace garam::npu
