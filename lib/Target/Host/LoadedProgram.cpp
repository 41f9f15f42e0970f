//===- LoadedProgram.cpp - A host program behind the device interface -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "NativeCode.h"
#include "Processor.h"
#include "Workers.h"
#include "garam/Target/MemoryInstance.h"
#include "garam/Target/SequentialExecution.h"

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
  Expected<std::unique_ptr<ProgramInstance>>
  instantiate(ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const override;

private:
  Program program;
  MachineDescription machine;
};

/// With linked code, unless it is for times only.
class HostInstance : public MemoryInstance {
public:
  HostInstance(const Program &program, const MachineDescription &machine,
               ArrayRef<uint8_t> constants, std::unique_ptr<NativeCode> code)
      : MemoryInstance(program.segments, constants, /*timingOnly=*/!code),
        program(program), machine(machine), code(std::move(code)),
        workers(program.kernels) {}

private:
  Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options,
                RunEndHandler onEnd) const override;

  const Program &program;
  const MachineDescription &machine;
  std::unique_ptr<NativeCode> code;
  /// Kept from run to run; no result depends on it.
  mutable Workers workers;
};

/// What the time of a step is of: the slower of the two.
constexpr StringLiteral categories[] = {"arithmetic", "memory"};

/// Carries out the steps one after the other.
class Execution : public SequentialExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine, std::optional<RunMemory> memory,
            const NativeCode *code, std::shared_ptr<Crew> crew,
            const DeviceRunOptions &options, RunEndHandler onEnd)
      : SequentialExecution(kernel, program.steps.size(), "kernel", categories,
                            std::move(memory), options, std::move(onEnd)),
        program(program), machine(machine), code(code), crew(std::move(crew)) {}

private:
  CommandCost getCost(uint64_t step) const override;
  void execute(uint64_t step, const RunMemory &memory) override;

  const Program &program;
  const MachineDescription &machine;
  const NativeCode *code;     // null: only times,
  std::shared_ptr<Crew> crew; // as this
};

} // namespace

CommandCost Execution::getCost(uint64_t step) const {
  const Work &work = program.steps[step].work;
  bool isMemoryBound =
      getMemorySeconds(work, machine) > getComputeSeconds(work, machine);
  sim::Time time = sim::getTime(getSeconds(work, machine));
  CommandCost cost;
  cost.times = {isMemoryBound ? 0 : time, isMemoryBound ? time : 0};
  cost.macs = work.macs;
  cost.dramReadBytes = work.readBytes;
  cost.dramWriteBytes = work.writtenBytes;
  cost.joules = getJoules(work, machine);
  return cost;
}

void Execution::execute(uint64_t number, const RunMemory &memory) {
  const Step &step = program.steps[number];
  SmallVector<void *> arguments;
  // All arguments of a kernel are pointers to void, to what it only reads too.
  for (const Argument &argument : step.arguments) {
    uint8_t *bytes =
        argument.isWritten
            ? memory.write(argument.segment).data()
            : const_cast<uint8_t *>(memory.read(argument.segment).data());
    arguments.push_back(bytes + argument.offset);
  }
  crew->call(code->getKernel(step.kernel), program.kernels[step.kernel],
             arguments);
}

Expected<std::unique_ptr<ProgramInstance>>
HostProgram::instantiate(ArrayRef<uint8_t> constants,
                         const InstanceOptions &options) const {
  std::unique_ptr<NativeCode> code;
  if (!options.timingOnly) {
    if (Error error = checkConstants(program.segments, constants))
      return std::move(error);
    if (Error error = checkProcessor(program.processor, program.features))
      return std::move(error);
    if (Error error =
            link(program.object, program.kernels.size()).moveInto(code))
      return std::move(error);
  }
  return std::make_unique<HostInstance>(program, machine, constants,
                                        std::move(code));
}

Expected<std::unique_ptr<DeviceExecution>> HostInstance::makeExecution(
    sim::Kernel &kernel, std::optional<RunMemory> memory,
    const DeviceRunOptions &options, RunEndHandler onEnd) const {
  std::shared_ptr<Crew> crew;
  if (memory) {
    if (Error error = checkDenseValues(options.values, program.segments,
                                       program.steps.size()))
      return std::move(error);
    if (Error error = workers.getCrew(options.threads).moveInto(crew))
      return std::move(error);
  }
  return std::make_unique<Execution>(
      kernel, program, machine, std::move(memory), code.get(), std::move(crew),
      options, std::move(onEnd));
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
