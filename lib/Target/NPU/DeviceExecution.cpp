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
  /// `memory`: nothing in a run for times only.
  NPUExecution(const Program &program, std::optional<RunMemory> memory,
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

/// Weights stay in DRAM, so that there is no set-up.
class NPUInstance : public MemoryInstance {
public:
  NPUInstance(const Program &original, const MachineDescription &machine,
              ArrayRef<uint8_t> constants, const InstanceOptions &options)
      : MemoryInstance(listSegments(original), constants, options.timingOnly),
        withoutResident(options.residentWeights
                            ? std::optional(removeResidentTransfers(original))
                            : std::nullopt),
        program(withoutResident ? *withoutResident : original),
        machine(machine) {}

private:
  Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options,
                RunEndHandler onEnd) const override;

  std::optional<Program> withoutResident;
  const Program &program;
  const MachineDescription &machine;
};

} // namespace

NPUExecution::NPUExecution(const Program &program,
                           std::optional<RunMemory> memory,
                           const DeviceRunOptions &options, RunEndHandler onEnd)
    : program(program), memory(memory.value_or(RunMemory())), options(options),
      onEnd(std::move(onEnd)),
      recorder(this->options.values, this->options.onValue) {
  simulation.timingOnly = !memory;
  simulation.threads = options.threads;
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
  return run;
}

Expected<std::unique_ptr<DeviceExecution>>
NPUInstance::makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                           const DeviceRunOptions &options,
                           RunEndHandler onEnd) const {
  auto execution = std::make_unique<NPUExecution>(program, std::move(memory),
                                                  options, std::move(onEnd));
  if (Error error = execution->prepare(kernel, machine))
    return std::move(error);
  return execution;
}

std::unique_ptr<ProgramInstance> makeInstance(const Program &program,
                                              const MachineDescription &machine,
                                              ArrayRef<uint8_t> constants,
                                              const InstanceOptions &options) {
  return std::make_unique<NPUInstance>(program, machine, constants, options);
}

} // namespace garam::npu
