//===- Instance.cpp - A device with a program set up ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include "garam/Target/MemoryInstance.h"

namespace garam::pim {
namespace {

class PIMInstance : public MemoryInstance {
public:
  PIMInstance(const Program &program, const MachineDescription &machine,
              llvm::ArrayRef<uint8_t> constants, const InstanceOptions &options,
              StreamObserver onTransaction)
      : MemoryInstance(program.segments, constants, options.timingOnly),
        program(program), machine(machine),
        simulation(getSimulationOptions(options)),
        player(program, machine, constants, options.timingOnly,
               std::move(onTransaction)),
        state(machine, simulation) {}

  llvm::Error setUp();

  SetupCost getSetupCost() const override { return state.cost; }

private:
  llvm::Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options,
                RunEndHandler onEnd) const override {
    return pim::makeExecution(kernel, program, machine, player, state,
                              std::move(memory), options, std::move(onEnd));
  }
  static SimulationOptions
  getSimulationOptions(const InstanceOptions &options) {
    SimulationOptions result;
    result.timingOnly = options.timingOnly;
    return result;
  }

  const Program &program;
  const MachineDescription &machine;
  /// The channels refer to them, also those of copies.
  SimulationOptions simulation;
  PhasePlayer player;
  DeviceState state;
};

} // namespace

/// The phases of the set-up have a kernel of their own, since they are in no
/// run's time.
llvm::Error PIMInstance::setUp() {
  sim::Kernel kernel;
  for (; state.nextStep < program.steps.size(); ++state.nextStep) {
    const auto *phase = std::get_if<Phase>(&program.steps[state.nextStep]);
    if (!phase || !phase->isSetup)
      break;
    ++state.numPhases;
    auto ignore = [] { return llvm::Error::success(); };
    if (llvm::Error error =
            player.begin(*phase, state.memory, /*staging=*/{}, kernel, ignore))
      return error;
    if (llvm::Error error = kernel.run())
      return error;
  }
  state.cost.femtoseconds = state.memory.getTime(state.memory.getCycles());
  state.cost.joule = getJoules(state.memory.getCounts(), machine.energy);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             llvm::ArrayRef<uint8_t> constants, const InstanceOptions &options,
             StreamObserver onTransaction) {
  if (!options.timingOnly)
    if (llvm::Error error = checkConstants(program.segments, constants))
      return std::move(error);
  auto instance = std::make_unique<PIMInstance>(
      program, machine, constants, options, std::move(onTransaction));
  if (llvm::Error error = instance->setUp())
    return std::move(error);
  return instance;
}

} // namespace garam::pim
