//===- Simulator.h - Executes programs, counts time and energy --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Knows nothing but the program as it was read back and the machine.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_SIMULATOR_H
#define ABACUS_SIMULATOR_H

#include "Program.h"
#include "garam/Target/SequentialExecution.h"

namespace abacus {

/// What a chain costs; its times are for launch, arithmetic and memory. This is
/// the one cost model of the device: the simulator and the compiler's estimates
/// ask here.
garam::CommandCost getCost(const Chain &chain, const Machine &machine);

/// LoadedProgram::instantiate of a checked program.
std::unique_ptr<garam::ProgramInstance>
makeInstance(const Program &program, const Machine &machine,
             llvm::ArrayRef<uint8_t> constants,
             const garam::InstanceOptions &options);

} // namespace abacus

#endif // ABACUS_SIMULATOR_H
