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
#include "garam/Target/LoadedProgram.h"
#include "garam/Target/RunMemory.h"

namespace abacus {

/// What a chain costs. This is the one cost model of the device: the simulator,
/// and through it the compiler's estimates, ask here.
struct ChainCost {
  garam::sim::Time launch = 0;
  garam::sim::Time arithmetic = 0, memory = 0; // at the same time
  uint64_t readBytes = 0, writeBytes = 0;
  double joules = 0;

  garam::sim::Time getTime() const {
    return garam::sim::addTime(launch, std::max(arithmetic, memory));
  }
};
ChainCost getCost(const Chain &chain, const Machine &machine);

/// Computes what `chain` of a checked program stores.
void execute(const Chain &chain, const garam::RunMemory &memory);

/// LoadedProgram::instantiate of a checked program.
std::unique_ptr<garam::ProgramInstance>
makeInstance(const Program &program, const Machine &machine,
             llvm::ArrayRef<uint8_t> constants,
             const garam::InstanceOptions &options);

} // namespace abacus

#endif // ABACUS_SIMULATOR_H
