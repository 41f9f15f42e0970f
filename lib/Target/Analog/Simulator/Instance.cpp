//===- Instance.cpp - An analog chip with programmed crossbars ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Data.h"
#include "Execution.h"
#include "garam/Target/Analog/Machine/Timing.h"

namespace garam::analog {
namespace {

class AnalogInstance : public ProgramInstance {
public:
  AnalogInstance(const Program &program, const MachineDescription &machine,
                 llvm::ArrayRef<uint8_t> constants,
                 const InstanceOptions &options)
      : program(program), machine(machine), constants(constants),
        timingOnly(options.timingOnly) {
    if (!timingOnly && options.noise == NoiseMode::Model)
      crossbars = programCrossbars(program, machine, constants, options.seed,
                                   options.threads);
  }

  SetupCost getSetupCost() const override {
    ProgrammingCost cost = getProgrammingCost(program.layers, machine);
    return {sim::getTime(cost.seconds), cost.joules};
  }
  llvm::Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel,
          llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override;

private:
  const Program &program;
  const MachineDescription &machine;
  llvm::ArrayRef<uint8_t> constants;
  bool timingOnly;
  std::optional<Crossbars> crossbars; // with noise
};

} // namespace

llvm::Expected<std::unique_ptr<DeviceExecution>>
AnalogInstance::prepare(sim::Kernel &kernel,
                        llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                        const DeviceRunOptions &options,
                        RunEndHandler onEnd) const {
  std::optional<RunMemory> memory;
  if (!timingOnly)
    if (llvm::Error error =
            RunMemory::create(program.segments, constants, segments)
                .moveInto(memory))
      return std::move(error);
  return makeExecution(kernel, program, machine, memory,
                       crossbars ? &*crossbars : nullptr, options,
                       std::move(onEnd));
}

llvm::Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             llvm::ArrayRef<uint8_t> constants,
             const InstanceOptions &options) {
  if (!options.timingOnly) {
    if (llvm::Error error = checkConstants(program.segments, constants))
      return std::move(error);
    if (llvm::Error error = checkTables(program, constants))
      return std::move(error);
  }
  return std::make_unique<AnalogInstance>(program, machine, constants, options);
}

} // namespace garam::analog
