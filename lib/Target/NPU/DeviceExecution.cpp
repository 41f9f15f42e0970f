//===- DeviceExecution.cpp - A running NPU program ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceExecution.h"

#include "DeviceValues.h"
#include "LoadedProgram.h"
#include "garam/Target/MemoryInstance.h"
#include "garam/Target/NPU/Device.h"
#include "garam/Target/NPU/Simulator.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::npu {

/// Names of the command kinds, in the order of the variant's alternatives.
static constexpr StringLiteral commandKinds[] = {
    "tensor", "vector", "dma", "wait", "signal", "loop begin", "loop end"};
static_assert(std::variant_size_v<Command> == std::size(commandKinds));

static bool isSynchronisation(const Command &command) {
  return std::holds_alternative<WaitCommand>(command) ||
         std::holds_alternative<SignalCommand>(command);
}

namespace {

/// Holds what the simulated device refers to, and passes its events on.
class NPUExecution : public DeviceExecution {
public:
  /// `memory`: nothing in a run for times only. `residents`: of
  /// SimulationOptions.
  NPUExecution(const Program &program, std::optional<RunMemory> memory,
               ArrayRef<std::vector<uint8_t>> residents,
               const DeviceRunOptions &options, RunEndHandler onEnd);

  Error prepare(sim::Kernel &kernel, const MachineDescription &machine);

  Error start() override { return device->start(); }
  Error handle(uint64_t tag) override { return device->handle(tag); }
  std::string describeBlocked() const override {
    return device->describeBlocked();
  }

private:
  DeviceEvent describe(const CommandEvent &event) const;
  DeviceRun getRun() const;

  const Program &program;
  RunMemory memory;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  std::vector<uint32_t> parameters;
  SimulationOptions simulation;
  ValueRecorder recorder;
  std::unique_ptr<Device> device;
};

/// A program says itself what of its weights stays on the chip. What others
/// leave there by chance a run can be timed with, too.
std::optional<Program> makeWarmProgram(const Program &program,
                                       const InstanceOptions &options) {
  if (!options.residentWeights || !program.residents.empty())
    return std::nullopt;
  return removeResidentTransfers(program);
}

/// All weights are in DRAM, and resident ones on the chip, too.
class NPUInstance : public MemoryInstance {
public:
  NPUInstance(const Program &original, const MachineDescription &machine,
              ArrayRef<uint8_t> constants, const InstanceOptions &options)
      : MemoryInstance(listSegments(original), constants, options.timingOnly),
        warmProgram(makeWarmProgram(original, options)),
        program(warmProgram ? *warmProgram : original), machine(machine) {}

  /// Brings the resident weights.
  Error setUp(ArrayRef<uint8_t> constants, const InstanceOptions &options);

  SetupCost getSetupCost() const override {
    return {setup.cost.latencyFs, setup.cost.energyJoule};
  }

private:
  Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options,
                RunEndHandler onEnd) const override;

  std::optional<Program> warmProgram;
  const Program &program;
  const MachineDescription &machine;
  SetupResult setup;
};

} // namespace

NPUExecution::NPUExecution(const Program &program,
                           std::optional<RunMemory> memory,
                           ArrayRef<std::vector<uint8_t>> residents,
                           const DeviceRunOptions &options, RunEndHandler onEnd)
    : program(program), memory(memory.value_or(RunMemory())), options(options),
      onEnd(std::move(onEnd)),
      recorder(this->options.values, this->options.onValue) {
  simulation.timingOnly = !memory;
  simulation.threads = options.threads;
  simulation.residents = residents;
  simulation.tracePath = options.tracePath;
  if (options.onEvent)
    simulation.onCommand = [this](const CommandEvent &event) {
      this->options.onEvent(describe(event));
    };
  if (options.onValue && !options.values.empty())
    simulation.onData = [this](const CommandEvent &event, ReadMemory read) {
      return recorder.handle(event, read);
    };
  simulation.onEnd = [this] { return this->onEnd(getRun()); };
  // Launch parameters stand at their declared maximum: what an inference
  // without a shorter sequence is.
  for (const LaunchParameter &parameter : program.parameters)
    parameters.push_back(parameter.maximum);
}

Error NPUExecution::prepare(sim::Kernel &kernel,
                            const MachineDescription &machine) {
  return Device::create(kernel, program, machine, memory, parameters,
                        simulation)
      .moveInto(device);
}

DeviceEvent NPUExecution::describe(const CommandEvent &event) const {
  const Command &command = program.queues[event.queue].commands[event.command];
  return {event.queue,
          event.command,
          event.startFs,
          event.endFs,
          isSynchronisation(command),
          commandKinds[command.index()]};
}

static StringRef getKind(const Program &program, uint32_t queue,
                         uint32_t command) {
  return commandKinds[program.queues[queue].commands[command].index()];
}

DeviceRun NPUExecution::getRun() const {
  SimulationResult result = device->getResult();
  DeviceRun run;
  run.latencyFs = result.latencyFs;
  run.macs = result.macs;
  run.dramReadBytes = result.dramReadBytes;
  run.dramWriteBytes = result.dramWriteBytes;
  run.executedCommands = result.executedCommands;
  run.energyJoule = result.energyJoule;
  run.laneBusyFs = std::move(result.queueBusyFs);
  for (const auto &[i, fs] : enumerate(result.criticalPathFs))
    run.criticalPath.push_back(
        {getName(static_cast<TimeCategory>(i)).str(), fs});
  for (const PathInterval &interval : result.path)
    run.path.push_back({interval.queue, interval.command,
                        getKind(program, interval.queue, interval.command),
                        getName(interval.category).str(),
                        interval.femtoseconds});
  return run;
}

Expected<std::unique_ptr<DeviceExecution>>
NPUInstance::makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                           const DeviceRunOptions &options,
                           RunEndHandler onEnd) const {
  auto execution = std::make_unique<NPUExecution>(
      program, std::move(memory), setup.residents, options, std::move(onEnd));
  if (Error error = execution->prepare(kernel, machine))
    return std::move(error);
  return execution;
}

Error NPUInstance::setUp(ArrayRef<uint8_t> constants,
                         const InstanceOptions &options) {
  SimulationOptions simulation;
  simulation.timingOnly = options.timingOnly;
  simulation.threads = options.threads;
  RunMemory memory;
  if (!options.timingOnly) {
    std::vector<DeviceSegment> segments =
        listSegments(makeSetupProgram(program));
    std::vector<MutableArrayRef<uint8_t>> none(segments.size());
    if (Error error =
            RunMemory::create(segments, constants, none).moveInto(memory))
      return error;
  }
  return simulateSetup(program, machine, memory, simulation).moveInto(setup);
}

Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             ArrayRef<uint8_t> constants, const InstanceOptions &options) {
  auto instance =
      std::make_unique<NPUInstance>(program, machine, constants, options);
  if (!program.setup.empty())
    if (Error error = instance->setUp(constants, options))
      return std::move(error);
  return instance;
}

} // namespace garam::npu
