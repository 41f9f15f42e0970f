//===- Execution.cpp - Queues of a simulated analog chip ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Queues execute their commands in order; a command takes effect on memory when
// it ends.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "Data.h"
#include "Values.h"
#include "garam/Target/Analog/Machine/Timing.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace garam::analog {
namespace {

/// How the path that leads to a point in time divides into categories. A queue
/// that waited for a signal continues with the account that came with it.
using PathAccount = std::array<sim::Time, numTimeCategories>;

struct QueueState {
  uint32_t position = 0;
  bool isWaiting = false;
  std::array<uint32_t, maxSemaphores> semaphores = {};
  sim::Time commandStart = 0, busy = 0;
  PathAccount account = {};
};

/// A signal on its way.
struct Message {
  SignalCommand signal;
  PathAccount account; // of its sender, when it was sent
};

class AnalogExecution : public DeviceExecution {
public:
  AnalogExecution(sim::Kernel &kernel, const Program &program,
                  const MachineDescription &machine,
                  const std::optional<RunMemory> &memory,
                  const Crossbars *crossbars, const DeviceRunOptions &options,
                  RunEndHandler onEnd)
      : kernel(kernel), program(program), machine(machine), options(options),
        onEnd(std::move(onEnd)), queues(program.queues.size()),
        values(options.values, options.onValue) {
    if (memory)
      data.emplace(program, machine, *memory, crossbars, options.threads);
  }

  llvm::Error start() override;
  llvm::Error handle(uint64_t tag) override;
  std::string describeBlocked() const override;

private:
  /// Tags are numbers of queues; those from here on, of messages.
  static constexpr uint64_t firstMessageTag = uint64_t(1) << 32;

  llvm::Error advance(uint32_t number);
  llvm::Error endCommand(uint32_t number);
  llvm::Error executeData(uint32_t number);
  llvm::Error receive(uint64_t message);
  bool tryWait(uint32_t number);
  void report(uint32_t number);
  llvm::Error finish(const PathAccount &path);
  const Command &getCommand(uint32_t number) const {
    return program.queues[number].commands[queues[number].position];
  }

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  const DeviceRunOptions options;
  RunEndHandler onEnd;
  std::vector<QueueState> queues;
  std::vector<Message> messages;
  std::optional<DataPath> data; // without it only times
  ValueRecorder values;
  sim::Time startTime = 0;
  size_t numFinished = 0;
  DeviceRun run;
};

} // namespace

llvm::Error AnalogExecution::start() {
  startTime = kernel.now();
  for (uint32_t number = 0; number < queues.size(); ++number)
    if (llvm::Error error = advance(number))
      return error;
  return llvm::Error::success();
}

llvm::Error AnalogExecution::handle(uint64_t tag) {
  if (tag >= firstMessageTag)
    return receive(tag - firstMessageTag);
  if (llvm::Error error = endCommand(tag))
    return error;
  return advance(tag);
}

void AnalogExecution::report(uint32_t number) {
  const QueueState &queue = queues[number];
  const Command &command = getCommand(number);
  if (options.onEvent)
    options.onEvent({number, queue.position, queue.commandStart, kernel.now(),
                     isSynchronisation(command), getName(command)});
}

/// Executes commands of a queue until one takes time or blocks.
llvm::Error AnalogExecution::advance(uint32_t number) {
  QueueState &queue = queues[number];
  const std::vector<Command> &commands = program.queues[number].commands;
  for (; queue.position < commands.size(); ++queue.position) {
    const Command &command = commands[queue.position];
    queue.commandStart = kernel.now();
    ++run.executedCommands;
    if (std::holds_alternative<WaitCommand>(command)) {
      queue.isWaiting = !tryWait(number);
      if (queue.isWaiting)
        return llvm::Error::success();
      report(number);
    } else if (const auto *signal = std::get_if<SignalCommand>(&command)) {
      kernel.schedule(sim::getTime(machine.synchronisationSeconds), *this,
                      firstMessageTag + messages.size());
      messages.push_back({*signal, queue.account});
      report(number);
    } else {
      kernel.schedule(getCost(command, program, machine).getTime(), *this,
                      number);
      return llvm::Error::success();
    }
  }
  return ++numFinished == queues.size() ? finish(queue.account)
                                        : llvm::Error::success();
}

/// Takes the count of the wait command that a queue is at, if it is there.
bool AnalogExecution::tryWait(uint32_t number) {
  const auto &wait = std::get<WaitCommand>(getCommand(number));
  uint32_t &value = queues[number].semaphores[wait.semaphore];
  if (value < wait.count)
    return false;
  value -= wait.count;
  return true;
}

llvm::Error AnalogExecution::receive(uint64_t number) {
  SignalCommand signal = messages[number].signal;
  QueueState &queue = queues[signal.queue];
  uint32_t &value = queue.semaphores[signal.semaphore];
  value += signal.count;
  if (value > maxSemaphoreCount)
    return llvm::createStringError(llvm::formatv(
        "queue {0}: semaphore {1} overflows: its count becomes {2}, the most "
        "is {3}",
        signal.queue, signal.semaphore, value, maxSemaphoreCount));
  if (!queue.isWaiting || !tryWait(signal.queue))
    return llvm::Error::success();
  // What the queue waited for last is the signal, so the path leads there.
  if (kernel.now() > queue.commandStart) {
    queue.account = messages[number].account;
    queue.account[static_cast<unsigned>(TimeCategory::Synchronisation)] +=
        sim::getTime(machine.synchronisationSeconds);
  }
  queue.isWaiting = false;
  report(signal.queue);
  ++queue.position;
  return advance(signal.queue);
}

llvm::Error AnalogExecution::endCommand(uint32_t number) {
  QueueState &queue = queues[number];
  CommandCost cost = getCost(getCommand(number), program, machine);
  for (auto [account, time] : llvm::zip_equal(queue.account, cost.time))
    account += time;
  queue.busy += kernel.now() - queue.commandStart;
  run.energyJoule += cost.joule;
  run.macs += cost.macs;
  run.dramReadBytes += cost.readBytes;
  run.dramWriteBytes += cost.writtenBytes;
  if (data)
    if (llvm::Error error = executeData(number))
      return error;
  report(number);
  ++queue.position;
  return llvm::Error::success();
}

llvm::Error AnalogExecution::executeData(uint32_t number) {
  const Command &command = getCommand(number);
  if (const auto *quantize = std::get_if<QuantizeCommand>(&command))
    data->execute(*quantize);
  else if (const auto *read = std::get_if<ReadCommand>(&command))
    data->execute(*read);
  else
    data->execute(std::get<AccumulateCommand>(command));
  return values.handle(number, queues[number].position, [&](uint32_t segment) {
    return segment < program.segments.size() ? data->getMemory().read(segment)
                                             : llvm::ArrayRef<uint8_t>();
  });
}

/// `path` is that of the queue that ended last.
llvm::Error AnalogExecution::finish(const PathAccount &path) {
  run.latencyFs = kernel.now() - startTime;
  for (const auto &[i, time] : llvm::enumerate(path))
    run.criticalPath.push_back(
        {getName(static_cast<TimeCategory>(i)).str(), time});
  for (const QueueState &queue : queues)
    run.laneBusyFs.push_back(queue.busy);
  return onEnd(std::move(run));
}

std::string AnalogExecution::describeBlocked() const {
  std::string blocked;
  for (uint32_t number = 0; number < queues.size(); ++number) {
    if (!queues[number].isWaiting)
      continue;
    const auto &wait = std::get<WaitCommand>(getCommand(number));
    blocked += llvm::formatv(
        "{0}queue {1} waits at command {2} for semaphore {3} to reach {4}, it "
        "is {5}",
        blocked.empty() ? "" : ", ", number, queues[number].position,
        wait.semaphore, wait.count, queues[number].semaphores[wait.semaphore]);
  }
  return blocked;
}

std::unique_ptr<DeviceExecution>
makeExecution(sim::Kernel &kernel, const Program &program,
              const MachineDescription &machine,
              const std::optional<RunMemory> &memory,
              const Crossbars *crossbars, const DeviceRunOptions &options,
              RunEndHandler onEnd) {
  return std::make_unique<AnalogExecution>(
      kernel, program, machine, memory, crossbars, options, std::move(onEnd));
}

} // namespace garam::analog
