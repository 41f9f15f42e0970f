//===- Device.cpp - A simulated NPU ---------------------------------------===//
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

#include "garam/Target/NPU/Device.h"

#include "DataEngines.h"
#include "QueueState.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Timing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

namespace garam::npu {

namespace {

/// Ports through which a core exchanges data; each direction has its own.
struct CorePorts {
  sim::BandwidthServer send, receive, shared, banks, engine;
};

/// What is known of a stored command before it runs: the same for each of its
/// executions.
struct PreparedCommand {
  EngineTime engine;
  TransferTime transfer;
  uint32_t matchingLoop = 0; // LoopBegin: its end. LoopEnd: its begin.
  uint32_t target = 0;       // Signal: the queue
};

class NPUDevice : public Device {
public:
  NPUDevice(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine,
            llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
            llvm::ArrayRef<uint32_t> parameters,
            const SimulationOptions &options, sim::BandwidthServer *dram);

  llvm::Error prepare();

  llvm::Error start() override;
  llvm::Error handle(uint64_t tag) override;
  std::string describeBlocked() const override;
  SimulationResult getResult() const override;

private:
  enum class EventKind : uint8_t { CommandEnds, Packet, SignalArrives };
  static constexpr unsigned kindShift = 32;

  void schedule(sim::Time delay, EventKind kind, uint32_t number) {
    kernel.schedule(delay, *this,
                    uint64_t(kind) << kindShift | uint64_t(number));
  }

  llvm::Error prepareQueue(uint32_t queue);
  llvm::Error prepareCommand(uint32_t queue, uint32_t number);

  llvm::Error advance(uint32_t queue);
  void startEngine(uint32_t queue, const EngineTime &time, bool isTensor);
  void startTransfer(uint32_t queue, const DMACommand &command,
                     const TransferTime &time);
  void sendPacket(uint32_t queue);
  llvm::Error endCommand(uint32_t queue);
  void send(uint32_t queue, const SignalCommand &signal);
  llvm::Error receive(uint32_t message);
  bool tryWait(uint32_t queue);
  void enterLoop(uint32_t queue, const LoopBeginCommand &loop);
  void leaveTurn(uint32_t queue);
  void report(uint32_t queue, sim::Time start);
  void count(const PreparedCommand &prepared, const Command &command);
  llvm::Error executeData(uint32_t queue);
  llvm::Error locate(llvm::Error error, uint32_t queue, uint32_t command) const;
  std::string describe(uint32_t queue) const;

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments;
  llvm::ArrayRef<uint32_t> parameters;
  const SimulationOptions &options;
  sim::Clock clock;
  sim::BandwidthServer ownDRAM;
  sim::BandwidthServer &dram;

  Memory memory;
  std::vector<Accumulators> accumulators; // a core
  std::vector<CorePorts> ports;           // a core
  std::vector<uint8_t> contracting;       // a core: its tensor engine is busy
  std::vector<std::vector<PreparedCommand>> prepared;
  std::vector<QueueState> queues;
  std::vector<Message> messages;
  std::vector<uint32_t> freeMessages;
  SimulationResult result;
  double dynamicJoule = 0;
};

} // namespace

NPUDevice::NPUDevice(sim::Kernel &kernel, const Program &program,
                     const MachineDescription &machine,
                     llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                     llvm::ArrayRef<uint32_t> parameters,
                     const SimulationOptions &options,
                     sim::BandwidthServer *dram)
    : kernel(kernel), program(program), machine(machine), segments(segments),
      parameters(parameters), options(options), clock(machine.clockHz),
      dram(dram ? *dram : ownDRAM),
      memory(program, machine, segments, options.timingOnly),
      accumulators(machine.cores), ports(machine.cores),
      contracting(machine.cores, 0), queues(program.queues.size()) {
  result.queueBusyFs.resize(program.queues.size());
}

//===----------------------------------------------------------------------===//
// Before the run
//===----------------------------------------------------------------------===//

std::string NPUDevice::describe(uint32_t queue) const {
  const Queue &described = program.queues[queue];
  return llvm::formatv("core {0}, {1} queue", described.core,
                       getName(described.engine));
}

/// Adds queue and command to the message of `error`.
llvm::Error NPUDevice::locate(llvm::Error error, uint32_t queue,
                              uint32_t command) const {
  return llvm::createStringError(
      llvm::formatv("NPU simulation: {0}, command {1}: {2}", describe(queue),
                    command, llvm::toString(std::move(error)))
          .str());
}

llvm::Error NPUDevice::prepareCommand(uint32_t queue, uint32_t number) {
  const Command &command = program.queues[queue].commands[number];
  PreparedCommand &entry = prepared[queue][number];
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    if (llvm::Error error = checkSupported(*tensor, machine))
      return error;
    entry.engine = getTime(*tensor, machine);
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    if (llvm::Error error = checkSupported(*vector, machine))
      return error;
    entry.engine = getTime(*vector, machine);
  } else if (const auto *dma = std::get_if<DMACommand>(&command)) {
    if (llvm::Error error = checkSupported(*dma, machine))
      return error;
    entry.transfer = getTime(*dma, machine);
  } else if (const auto *signal = std::get_if<SignalCommand>(&command)) {
    auto target = llvm::find_if(program.queues, [&](const Queue &other) {
      return other.core == signal->core && other.engine == signal->engine;
    });
    entry.target = target - program.queues.begin();
  }
  return llvm::Error::success();
}

llvm::Error NPUDevice::prepareQueue(uint32_t queue) {
  const std::vector<Command> &commands = program.queues[queue].commands;
  prepared[queue].resize(commands.size());
  llvm::SmallVector<uint32_t, maxLoopDepth> open;
  for (uint32_t number = 0; number < commands.size(); ++number) {
    if (llvm::Error error = prepareCommand(queue, number))
      return locate(std::move(error), queue, number);
    if (std::holds_alternative<LoopBeginCommand>(commands[number])) {
      open.push_back(number);
    } else if (std::holds_alternative<LoopEndCommand>(commands[number])) {
      uint32_t begin = open.pop_back_val();
      prepared[queue][begin].matchingLoop = number;
      prepared[queue][number].matchingLoop = begin;
    }
  }
  return llvm::Error::success();
}

llvm::Error NPUDevice::prepare() {
  auto fail = [](std::string message) {
    return llvm::createStringError("NPU simulation: " + message);
  };
  if (llvm::Error error = verify(program))
    return error;
  if (program.numCores > machine.cores)
    return fail(llvm::formatv("the program is for {0} cores, '{1}' has {2}",
                              program.numCores, machine.name, machine.cores));
  if (parameters.size() != program.parameters.size())
    return fail(llvm::formatv("{0} launch parameters, the program has {1}",
                              parameters.size(), program.parameters.size()));
  for (auto [value, parameter] :
       llvm::zip_equal(parameters, program.parameters))
    if (value > parameter.maximum)
      return fail(
          llvm::formatv("launch parameter '{0}' is {1}, its maximum is {2}",
                        parameter.name, value, parameter.maximum));
  uint64_t dramBytes = 0;
  for (const Segment &segment : program.segments)
    dramBytes += segment.size;
  if (machine.dram.bytes && dramBytes > machine.dram.bytes)
    return fail(llvm::formatv("segments of {0} bytes, '{1}' has {2} of DRAM",
                              dramBytes, machine.name, machine.dram.bytes));
  if (!options.timingOnly) {
    if (segments.size() != program.segments.size())
      return fail(llvm::formatv("memory of {0} segments, the program has {1}",
                                segments.size(), program.segments.size()));
    for (auto [number, segment] : llvm::enumerate(program.segments))
      if (segments[number].size() < segment.size)
        return fail(llvm::formatv(
            "{0} bytes of memory for segment {1} ('{2}'), which has {3}",
            segments[number].size(), number, segment.name, segment.size));
  }
  prepared.resize(program.queues.size());
  for (uint32_t queue = 0; queue < program.queues.size(); ++queue)
    if (llvm::Error error = prepareQueue(queue))
      return error;
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Device>>
Device::create(sim::Kernel &kernel, const Program &program,
               const MachineDescription &machine,
               llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
               llvm::ArrayRef<uint32_t> parameters,
               const SimulationOptions &options, sim::BandwidthServer *dram) {
  auto device = std::make_unique<NPUDevice>(kernel, program, machine, segments,
                                            parameters, options, dram);
  if (llvm::Error error = device->prepare())
    return error;
  return device;
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

llvm::Error NPUDevice::start() {
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
    if (std::holds_alternative<TensorCommand>(command)) {
      startEngine(queue, entry.engine, /*isTensor=*/true);
      return llvm::Error::success();
    }
    if (std::holds_alternative<VectorCommand>(command)) {
      startEngine(queue, entry.engine, /*isTensor=*/false);
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
  state.status = QueueState::Status::Finished;
  if (kernel.now() >= result.latencyFs) {
    result.latencyFs = kernel.now();
    result.criticalPathFs = state.account.spent;
  }
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
    state.account.charge(TimeCategory::Synchronisation, message.latency);
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

void NPUDevice::startEngine(uint32_t queue, const EngineTime &time,
                            bool isTensor) {
  QueueState &state = queues[queue];
  uint64_t worked = llvm::SaturatingAdd(time.fillCycles, time.computeCycles);
  sim::Time fixed = sim::getTime(time.fixedSeconds);
  sim::Time fill = clock.getTime(time.fillCycles);
  sim::Time work = clock.getTime(worked);
  sim::Time busy = clock.getTime(time.getBusyCycles());
  state.account.charge(TimeCategory::FixedCost, fixed);
  state.account.charge(TimeCategory::Fill, fill);
  state.account.charge(TimeCategory::Compute, work - fill);
  state.account.charge(TimeCategory::LocalBandwidth, busy - work);
  if (isTensor)
    contracting[program.queues[queue].core] = true;
  schedule(sim::addTime(fixed, busy), EventKind::CommandEnds, queue);
}

llvm::Error NPUDevice::endCommand(uint32_t queue) {
  QueueState &state = queues[queue];
  const Command &command = program.queues[queue].commands[state.position];
  if (std::holds_alternative<TensorCommand>(command))
    contracting[program.queues[queue].core] = false;
  if (llvm::Error error = executeData(queue))
    return locate(std::move(error), queue, state.position);
  count(prepared[queue][state.position], command);
  result.queueBusyFs[queue] += kernel.now() - state.commandStart;
  report(queue, state.commandStart);
  ++state.position;
  return llvm::Error::success();
}

llvm::Error NPUDevice::executeData(uint32_t queue) {
  const QueueState &state = queues[queue];
  const Command &command = program.queues[queue].commands[state.position];
  uint16_t core = program.queues[queue].core;
  ExecutionContext context = {core, state.iterations, parameters};
  if (const auto *tensor = std::get_if<TensorCommand>(&command))
    return execute(*tensor, context, memory, accumulators[core],
                   options.timingOnly);
  if (const auto *vector = std::get_if<VectorCommand>(&command))
    return execute(*vector, context, memory, options.timingOnly);
  return execute(std::get<DMACommand>(command), context, memory,
                 options.timingOnly);
}

//===----------------------------------------------------------------------===//
// Transfers
//===----------------------------------------------------------------------===//

void NPUDevice::startTransfer(uint32_t queue, const DMACommand &command,
                              const TransferTime &time) {
  QueueState &state = queues[queue];
  uint16_t core = program.queues[queue].core;
  Transfer &transfer = state.transfer;
  transfer.resources.clear();
  auto use = [&](sim::BandwidthServer &server, double seconds,
                 TimeCategory category) {
    sim::Time total = sim::getTime(seconds);
    if (total > 0)
      transfer.resources.push_back({&server, category, total, total});
  };
  use(ports[core].engine, time.engineSeconds, TimeCategory::NetworkBandwidth);
  use(ports[core].banks, time.localSeconds, TimeCategory::LocalBandwidth);
  use(ports[core].shared, time.sharedSeconds, TimeCategory::NetworkBandwidth);
  if (time.networkSeconds > 0) {
    const Address &from = command.source.address;
    const Address &to = command.destination.address;
    if (command.kind != DMAKind::Fill && from.space == MemorySpace::Local)
      use(ports[from.index].send, time.networkSeconds,
          TimeCategory::NetworkBandwidth);
    if (to.space == MemorySpace::Local)
      for (unsigned receiver = 0; receiver < machine.cores; ++receiver)
        if (command.multicast
                ? receiver < 64 && command.multicast >> receiver & 1
                : receiver == to.index)
          use(ports[receiver].receive, time.networkSeconds,
              TimeCategory::NetworkBandwidth);
  }
  if (time.dramSeconds > 0) {
    use(dram, time.dramSeconds, TimeCategory::DRAMBandwidth);
    transfer.resources.back().slowTotal = sim::getTime(
        time.dramSeconds / (1.0 - machine.dram.contractionSlowdown));
  }
  transfer.numPackets = time.packets;
  transfer.nextPacket = 0;
  sim::Time startUp = sim::getTime(time.startSeconds);
  transfer.end = sim::addTime(kernel.now(), startUp);
  state.account.charge(TimeCategory::FixedCost, startUp);
  schedule(startUp, EventKind::Packet, queue);
}

/// Part `number` of `total` that is divided into `parts` without a remainder.
static sim::Time getPart(sim::Time total, uint64_t number, uint64_t parts) {
  auto upTo = [&](uint64_t count) {
    return static_cast<sim::Time>(static_cast<unsigned __int128>(total) *
                                  count / parts);
  };
  return upTo(number + 1) - upTo(number);
}

/// Reserves the resources for a packet. Each has a buffer, so that a packet
/// which waits for one of them does not hold the others. The next packet
/// follows when the engine is free and this one is under way everywhere.
void NPUDevice::sendPacket(uint32_t queue) {
  QueueState &state = queues[queue];
  Transfer &transfer = state.transfer;
  bool slow = contracting[program.queues[queue].core];
  const sim::BandwidthServer *engine =
      &ports[program.queues[queue].core].engine;
  sim::Time now = kernel.now();
  sim::Time next = now, end = now, service = 0;
  TimeCategory slowest = TimeCategory::NetworkBandwidth;
  for (const ResourceUse &use : transfer.resources) {
    sim::Time duration = getPart(slow ? use.slowTotal : use.total,
                                 transfer.nextPacket, transfer.numPackets);
    sim::BandwidthServer::Slot slot = use.server->reserve(now, duration);
    next = std::max(next, use.server == engine ? slot.end : slot.start);
    if (slot.end >= end) {
      end = slot.end;
      service = duration;
      slowest = use.category;
    }
  }
  // The packet brings the end of the transfer nearer by this much; what is not
  // its own service at the resource that ended last was spent behind others.
  sim::Time progress = end > transfer.end ? end - transfer.end : 0;
  service = std::min(service, progress);
  state.account.charge(slowest, service);
  state.account.charge(TimeCategory::Contention, progress - service);
  transfer.end += progress;
  if (++transfer.nextPacket < transfer.numPackets)
    schedule(next - now, EventKind::Packet, queue);
  else
    schedule(transfer.end - now, EventKind::CommandEnds, queue);
}

//===----------------------------------------------------------------------===//
// Counters
//===----------------------------------------------------------------------===//

/// Whether all elements of a vector command fit 16 bits, so that lanes spend
/// the energy of the narrower operation.
static bool isNarrow(const VectorCommand &command) {
  auto fits = [](ElementType type) { return getByteWidth(type) <= 2; };
  return llvm::all_of(command.inputs,
                      [&](const Descriptor &d) { return fits(d.type); }) &&
         llvm::all_of(command.outputs, [&](const VectorOutput &output) {
           return fits(output.descriptor.type);
         });
}

/// Adds an executed command to counters and energy.
void NPUDevice::count(const PreparedCommand &entry, const Command &command) {
  uint64_t localBytes = 0, sharedBytes = 0, networkBytes = 0, dramBytes = 0;
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    result.macs += entry.engine.macs;
    localBytes = entry.engine.localBytes;
    dynamicJoule += static_cast<double>(entry.engine.macs) *
                    machine.findMode(tensor->activation.type)->energyPerMAC;
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    result.vectorOperations += entry.engine.vectorOperations;
    localBytes = entry.engine.localBytes;
    dynamicJoule += static_cast<double>(entry.engine.vectorOperations) *
                    (isNarrow(*vector) ? machine.vector.energyPerOp16
                                       : machine.vector.energyPerOp32);
  } else {
    const TransferTime &transfer = entry.transfer;
    localBytes = transfer.localBytes;
    sharedBytes = transfer.sharedBytes;
    networkBytes = transfer.networkBytes;
    dramBytes = transfer.dramReadBytes + transfer.dramWriteBytes;
    result.dramReadBytes += transfer.dramReadBytes;
    result.dramWriteBytes += transfer.dramWriteBytes;
  }
  result.localBytes += localBytes;
  result.sharedBytes += sharedBytes;
  result.networkBytes += networkBytes;
  dynamicJoule +=
      static_cast<double>(localBytes) * machine.local.energyPerByte +
      static_cast<double>(sharedBytes) * machine.shared.energyPerByte +
      static_cast<double>(networkBytes) * machine.network.energyPerByte +
      static_cast<double>(dramBytes) * machine.dram.energyPerByte;
}

SimulationResult NPUDevice::getResult() const {
  SimulationResult final = result;
  final.energyJoule = dynamicJoule + machine.idleWatts *
                                         static_cast<double>(result.latencyFs) /
                                         static_cast<double>(sim::fsPerSecond);
  return final;
}

} // namespace garam::npu
