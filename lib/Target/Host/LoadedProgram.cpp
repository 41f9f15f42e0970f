//===- LoadedProgram.cpp - A host program behind the device interface -----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "NativeCode.h"
#include "Processor.h"
#include "garam/Simulation/Kernel.h"
#include "garam/Target/RunMemory.h"
#include "llvm/ADT/DenseMap.h"

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
class HostInstance : public ProgramInstance {
public:
  HostInstance(const Program &program, const MachineDescription &machine,
               ArrayRef<uint8_t> constants, std::unique_ptr<NativeCode> code)
      : program(program), machine(machine), constants(constants),
        code(std::move(code)) {}

  Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override;

private:
  const Program &program;
  const MachineDescription &machine;
  ArrayRef<uint8_t> constants;
  std::unique_ptr<NativeCode> code;
};

/// Carries out the steps one after the other.
class Execution : public DeviceExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine, RunMemory memory,
            const NativeCode *code, const DeviceRunOptions &options,
            RunEndHandler onEnd)
      : kernel(kernel), program(program), machine(machine),
        memory(std::move(memory)), code(code), options(options),
        onEnd(std::move(onEnd)) {
    if (!code)
      return;
    for (const DeviceValue &value : options.values)
      values[value.pieces.front().lastWrites.front().command].push_back(&value);
  }

  Error start() override;
  Error handle(uint64_t step) override;
  std::string describeBlocked() const override { return ""; }

private:
  Error begin(uint64_t step);
  void execute(const Step &step);
  void copyValue(const DeviceValue &value);
  void account(const Step &step, sim::Time time);

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  RunMemory memory;
  const NativeCode *code; // null: only times
  DeviceRunOptions options;
  RunEndHandler onEnd;
  /// Those that are complete after each step.
  DenseMap<uint32_t, SmallVector<const DeviceValue *, 1>> values;
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
  ArrayRef<Step> steps = program.steps;
  if (number == steps.size()) {
    result.latencyFs = kernel.now() - programStart;
    return onEnd(std::move(result));
  }
  stepStart = kernel.now();
  kernel.schedule(sim::getTime(getSeconds(steps[number].work, machine)), *this,
                  number);
  return Error::success();
}

Error Execution::handle(uint64_t number) {
  const Step &step = program.steps[number];
  if (code)
    execute(step);
  for (const DeviceValue *value : values.lookup(number))
    copyValue(*value);
  account(step, kernel.now() - stepStart);
  if (options.onEvent)
    options.onEvent({/*lane=*/0, static_cast<uint32_t>(number), stepStart,
                     kernel.now(), /*isSynchronisation=*/false, "kernel"});
  return begin(number + 1);
}

void Execution::execute(const Step &step) {
  SmallVector<void *> arguments;
  // All arguments of a kernel are pointers to void, to what it only reads too.
  for (const Argument &argument : step.arguments) {
    uint8_t *bytes =
        argument.isWritten
            ? memory.write(argument.segment).data()
            : const_cast<uint8_t *>(memory.read(argument.segment).data());
    arguments.push_back(bytes + argument.offset);
  }
  code->getKernel(step.kernel)(arguments.data());
}

void Execution::copyValue(const DeviceValue &value) {
  const ValuePiece &piece = value.pieces.front();
  const uint8_t *bytes = memory.read(piece.memory).data() + piece.offset;
  options.onValue(
      {value.name, value.type,
       std::vector<uint8_t>(bytes, bytes + *getByteSize(value.type))});
}

void Execution::account(const Step &step, sim::Time time) {
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

Expected<std::unique_ptr<ProgramInstance>>
HostProgram::instantiate(ArrayRef<uint8_t> constants,
                         const InstanceOptions &options) const {
  std::unique_ptr<NativeCode> code;
  if (!options.timingOnly) {
    if (Error error = checkConstants(program.segments, constants))
      return std::move(error);
    if (Error error = checkProcessor(program.processor, program.features))
      return std::move(error);
    if (Error error = link(program.object, program.numKernels).moveInto(code))
      return std::move(error);
  }
  return std::make_unique<HostInstance>(program, machine, constants,
                                        std::move(code));
}

/// A value of the debug map, which may come from a stranger, is one dense
/// tensor in a segment that a step leaves complete.
static Error checkValue(const DeviceValue &value, const Program &program) {
  auto makeError = [&] {
    return createStringError("value '" + value.name +
                             "' of the debug map is no tensor in a segment");
  };
  if (value.pieces.size() != 1 || value.pieces.front().lastWrites.size() != 1)
    return makeError();
  const ValuePiece &piece = value.pieces.front();
  std::optional<uint64_t> bytes = getByteSize(value.type);
  if (!bytes || piece.memory >= program.segments.size() || piece.offset < 0 ||
      piece.lastWrites.front().command >= program.steps.size())
    return makeError();
  uint64_t size = program.segments[piece.memory].size;
  uint64_t offset = piece.offset;
  if (offset > size || *bytes > size - offset ||
      ArrayRef(piece.sizes) != ArrayRef(value.type.shape) ||
      piece.strides != getDenseStrides(value.type))
    return makeError();
  return Error::success();
}

Expected<std::unique_ptr<DeviceExecution>> HostInstance::prepare(
    sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
    const DeviceRunOptions &options, RunEndHandler onEnd) const {
  RunMemory memory;
  if (code) {
    if (Error error = RunMemory::create(program.segments, constants, segments)
                          .moveInto(memory))
      return std::move(error);
    for (const DeviceValue &value : options.values)
      if (Error error = checkValue(value, program))
        return std::move(error);
  }
  return std::make_unique<Execution>(kernel, program, machine,
                                     std::move(memory), code.get(), options,
                                     std::move(onEnd));
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
