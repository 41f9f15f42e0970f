//===- Execution.h - Runs HBM-PIM programs ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_EXECUTION_H
#define GARAM_TARGET_PIM_EXECUTION_H

#include "garam/Target/LoadedProgram.h"
#include "garam/Target/PIM/Program.h"

namespace garam::pim {

/// Lanes of a program's events: the driver, whose commands are its steps that
/// are no phases, then the channels, whose commands are the phases.
constexpr uint32_t driverLane = 0;
inline uint32_t getChannelLane(uint32_t channel) { return channel + 1; }

/// Is shown the stream as it is executed, phase after phase and in a phase
/// channel after channel: a transaction, the data of a write, and the name of
/// a phase.
using StreamObserver = std::function<void(
    const Transaction &, llvm::ArrayRef<uint8_t>, llvm::StringRef)>;

/// LoadedProgram::instantiate of `program`, which passes its check and must
/// live as long as the instance, as must the machine: simulates the phases of
/// its set-up. Runs begin with the device as they leave it. `onTransaction` is
/// shown the set-up and each run.
llvm::Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             llvm::ArrayRef<uint8_t> constants, const InstanceOptions &options,
             StreamObserver onTransaction = {});

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_EXECUTION_H
