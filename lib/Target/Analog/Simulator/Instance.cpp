//===- Instance.cpp - An analog chip with programmed crossbars ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Data.h"
#include "Execution.h"
#include "garam/Target/Analog/Machine/Timing.h"
#include "garam/Target/MemoryInstance.h"

namespace garam::analog {
namespace {

class AnalogInstance : public MemoryInstance {
public:
  AnalogInstance(const Program &program, const MachineDescription &machine,
                 llvm::ArrayRef<uint8_t> constants,
                 const InstanceOptions &options)
      : MemoryInstance(program.segments, constants, options.timingOnly),
        program(program), machine(machine) {
    if (!options.timingOnly && options.noise == NoiseMode::Model)
      crossbars = programCrossbars(program, machine, constants, options.seed,
                                   options.threads);
  }

  SetupCost getSetupCost() const override {
    ProgrammingCost cost = getProgrammingCost(program.layers, machine);
    return {sim::getTime(cost.seconds), cost.joules};
  }

private:
  llvm::Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options,
                RunEndHandler onEnd) const override {
    return analog::makeExecution(kernel, program, machine, memory,
                                 crossbars ? &*crossbars : nullptr, options,
                                 std::move(onEnd));
  }

  const Program &program;
  const MachineDescription &machine;
  std::optional<Crossbars> crossbars; // with noise
};

} // namespace

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
