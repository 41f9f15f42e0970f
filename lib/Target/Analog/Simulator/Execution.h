//===- Execution.h - Queues of a simulated analog chip ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_SIMULATOR_EXECUTION_H
#define GARAM_LIB_TARGET_ANALOG_SIMULATOR_EXECUTION_H

#include "garam/Target/Analog/Simulator.h"
#include "garam/Target/RunMemory.h"

namespace garam::analog {

/// A run of a program that checkProgram accepts. Without `memory` it is for
/// times only; without `crossbars` they hold exactly the levels of the constant
/// segment. All references must live as long as the execution.
std::unique_ptr<DeviceExecution>
makeExecution(sim::Kernel &kernel, const Program &program,
              const MachineDescription &machine,
              const std::optional<RunMemory> &memory,
              const Crossbars *crossbars, const DeviceRunOptions &options,
              RunEndHandler onEnd);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_SIMULATOR_EXECUTION_H
