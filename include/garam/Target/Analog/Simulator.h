//===- Simulator.h - Executes analog programs -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_SIMULATOR_H
#define GARAM_TARGET_ANALOG_SIMULATOR_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "garam/Target/LoadedProgram.h"

namespace garam::analog {

/// What the crossbars of a program hold: for each tile, in the order of layers
/// and tiles, the difference of the polarities of each cell, row after row, in
/// levels.
struct Crossbars {
  std::vector<std::vector<float>> tiles;
};

/// Programs the levels of the constant segment with the machine's noise. The
/// result depends on `seed` and not on `threads` (0: one a processor).
Crossbars programCrossbars(const Program &program,
                           const MachineDescription &machine,
                           llvm::ArrayRef<uint8_t> constants, uint64_t seed,
                           unsigned threads);

/// LoadedProgram::instantiate of a program that checkProgram accepts, which
/// must live as long as the instance, as must the machine. Crossbars are
/// programmed with the machine's noise, or hold exactly the levels of the
/// constant segment.
llvm::Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             llvm::ArrayRef<uint8_t> constants, const InstanceOptions &options);

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_SIMULATOR_H
