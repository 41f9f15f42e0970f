//===- Execution.h - A run on a device that is set up -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTION_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTION_H

#include "PhasePlayer.h"
#include "garam/Target/RunMemory.h"

namespace garam::pim {

/// The device behind the set-up of a program.
struct DeviceState {
  DeviceState(const MachineDescription &machine,
              const SimulationOptions &options)
      : memory(machine, options) {}

  MemorySystem memory;
  size_t nextStep = 0; // of the program
  uint32_t numPhases = 0;
  SetupCost cost;
};

/// A run of `program` that begins with the device in `state`. Without `memory`
/// it is for times only. All references must live as long as the execution.
std::unique_ptr<DeviceExecution>
makeExecution(sim::Kernel &kernel, const Program &program,
              const MachineDescription &machine, const PhasePlayer &player,
              const DeviceState &state, std::optional<RunMemory> memory,
              const DeviceRunOptions &options, RunEndHandler onEnd);

/// Dynamic energy of what happened in the channels.
double getJoules(const AccessCounts &counts, const Energy &energy);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_EXECUTION_H
