//===- Timing.h - Time and energy of commands -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the simulator charges and the cost model expects.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_TIMING_H
#define GARAM_TARGET_ANALOG_MACHINE_TIMING_H

#include "garam/Simulation/Kernel.h"
#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"

namespace garam::analog {

/// What time on the critical path goes to.
enum class TimeCategory : uint8_t {
  Crossbar,
  Digital,         // arithmetic of the digital unit
  MemoryBandwidth, // beyond that: its memories
  FixedCost,       // of commands
  Synchronisation,
};
constexpr unsigned numTimeCategories = 5;
/// "crossbar", "digital", "memory_bandwidth", "fixed_cost", "synchronisation".
llvm::StringRef getName(TimeCategory category);

/// Time and energy of one command; those of a wait or signal are zero.
struct CommandCost {
  std::array<sim::Time, numTimeCategories> time = {};
  double joule = 0;
  uint64_t macs = 0;
  uint64_t readBytes = 0, writtenBytes = 0; // of the buffer

  sim::Time getTime() const;
};

/// The cost of a command of a program that checkProgram accepts.
CommandCost getCost(const Command &command, const Program &program,
                    const MachineDescription &machine);

/// Writing all tiles into their crossbars, which the cores do side by side.
struct ProgrammingCost {
  double seconds = 0, joules = 0;
};
ProgrammingCost getProgrammingCost(llvm::ArrayRef<Layer> layers,
                                   const MachineDescription &machine);

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_TIMING_H
