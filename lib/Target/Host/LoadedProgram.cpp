//===- LoadedProgram.cpp - A host program behind the device interface -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "NativeCode.h"
#include "Processor.h"
#include "garam/Simulation/Kernel.h"

#include <mutex>

using namespace llvm;

namespace garam::host {

static double countOperations(const Work &work,
                              const MachineDescription &machine) {
  return static_cast<double>(work.operations) +
         machine.operationsPerFunction * static_cast<double>(work.functions);
}

static double countBytes(const Work &work) {
  return static_cast<double>(work.readBytes) +
         static_cast<double>(work.writtenBytes);
}

static double getComputeSeconds(const Work &work,
                                const MachineDescription &machine) {
  return countOperations(work, machine) / machine.getOperationsPerSecond();
}

static double getMemorySeconds(const Work &work,
                               const MachineDescription &machine) {
  return countBytes(work) / machine.memoryBytesPerSecond;
}

double getSeconds(const Work &work, const MachineDescription &machine) {
  return std::max(getComputeSeconds(work, machine),
                  getMemorySeconds(work, machine));
}

double getJoules(const Work &work, const MachineDescription &machine) {
  return countOperations(work, machine) * machine.energyPerOperation +
         countBytes(work) * machine.memoryEnergyPerByte;
}

namespace {

class HostProgram : public LoadedProgram {
public:
  HostProgram(Program program, MachineDescription machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<DeviceSegment> getSegments() const override {
    return program.segments;
  }
  std::vector<std::string> getLanes() const override { return {"host"}; }
  std::vector<uint64_t> getCommandCounts() const override {
    return {program.steps.size()};
  }
  void disassemble(raw_ostream &os) const override { print(program, os); }
  Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override;

  const Program &getProgram() const { return program; }
  const MachineDescription &getMachine() const { return machine; }
  /// The kernels, linked when they are first asked for.
  Expected<const NativeCode *> getCode() const;

private:
  Program program;
  MachineDescription machine;
  mutable std::mutex mutex;
  mutable std::unique_ptr<NativeCode> code;
};

/// Carries out the steps one after the other.
class Execution : public DeviceExecution {
public:
  Execution(sim::Kernel &kernel, const HostProgram &program,
            ArrayRef<MutableArrayRef<uint8_t>> segments,
            const DeviceRunOptions &options, RunEndHandler onEnd,
            const NativeCode *code)
      : kernel(kernel), program(program), segments(segments), options(options),
        onEnd(std::move(onEnd)), code(code) {}

  Error start() override;
  Error handle(uint64_t step) override;
  std::string describeBlocked() const override { return ""; }

private:
  Error begin(uint64_t step);
  void execute(const Step &step);
  void account(const Step &step, sim::Time time);

  sim::Kernel &kernel;
  const HostProgram &program;
  ArrayRef<MutableArrayRef<uint8_t>> segments;
  const DeviceRunOptions &options;
  RunEndHandler onEnd;
  const NativeCode *code;
  DeviceRun result;
  sim::Time programStart = 0, stepStart = 0;
};

/// Numbers of the categories in DeviceRun::criticalPath.
enum TimeCategory { computeTime, memoryTime };

} // namespace

Error Execution::start() {
  programStart = kernel.now();
  result.criticalPath = {{"arithmetic", 0}, {"memory", 0}};
  result.laneBusyFs = {0};
  return begin(0);
}

/// Starts a step, or ends the program behind the last one.
Error Execution::begin(uint64_t number) {
  ArrayRef<Step> steps = program.getProgram().steps;
  if (number == steps.size()) {
    result.latencyFs = kernel.now() - programStart;
    return onEnd(std::move(result));
  }
  stepStart = kernel.now();
  const MachineDescription &machine = program.getMachine();
  kernel.schedule(sim::getTime(getSeconds(steps[number].work, machine)), *this,
                  number);
  return Error::success();
}

Error Execution::handle(uint64_t number) {
  const Step &step = program.getProgram().steps[number];
  if (code)
    execute(step);
  account(step, kernel.now() - stepStart);
  if (options.onEvent)
    options.onEvent({/*lane=*/0, static_cast<uint32_t>(number), stepStart,
                     kernel.now(), /*isSynchronisation=*/false, "kernel"});
  return begin(number + 1);
}

void Execution::execute(const Step &step) {
  SmallVector<void *> arguments;
  for (const Argument &argument : step.arguments)
    arguments.push_back(segments[argument.segment].data() + argument.offset);
  code->getKernel(step.kernel)(arguments.data());
}

void Execution::account(const Step &step, sim::Time time) {
  const MachineDescription &machine = program.getMachine();
  bool isMemoryBound = getMemorySeconds(step.work, machine) >
                       getComputeSeconds(step.work, machine);
  result.criticalPath[isMemoryBound ? memoryTime : computeTime].femtoseconds +=
      time;
  result.laneBusyFs.front() += time;
  result.macs += step.work.macs;
  result.dramReadBytes += step.work.readBytes;
  result.dramWriteBytes += step.work.writtenBytes;
  result.executedCommands += 1;
  result.energyJoule += getJoules(step.work, machine);
}

Expected<const NativeCode *> HostProgram::getCode() const {
  std::lock_guard<std::mutex> lock(mutex);
  if (!code) {
    if (Error error = checkProcessor(program.processor, program.features))
      return std::move(error);
    Expected<std::unique_ptr<NativeCode>> linked =
        link(program.object, program.numKernels);
    if (!linked)
      return linked.takeError();
    code = std::move(*linked);
  }
  return code.get();
}

Expected<std::unique_ptr<DeviceExecution>> HostProgram::prepare(
    sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
    const DeviceRunOptions &options, RunEndHandler onEnd) const {
  const NativeCode *native = nullptr;
  if (!options.timingOnly) {
    for (const auto &[segment, memory] : zip_equal(program.segments, segments))
      if (memory.size() < segment.size)
        return createStringError("segment '" + segment.name + "' has " +
                                 Twine(memory.size()) + " bytes, needed " +
                                 Twine(segment.size));
    Expected<const NativeCode *> linked = getCode();
    if (!linked)
      return linked.takeError();
    native = *linked;
  }
  return std::make_unique<Execution>(kernel, *this, segments, options,
                                     std::move(onEnd), native);
}

Expected<std::unique_ptr<LoadedProgram>> loadProgram(ArrayRef<uint8_t> code,
                                                     MemoryBufferRef target) {
  Expected<MachineDescription> machine = readTargetFile(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decode(code);
  if (!program)
    return program.takeError();
  return std::make_unique<HostProgram>(std::move(*program),
                                       std::move(*machine));
}

} // namespace garam::host
