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

/// Makes `program`, which passes its check, ready to run; what belongs to the
/// setup is done at once, in a time of its own. See LoadedProgram::prepare.
llvm::Expected<std::unique_ptr<DeviceExecution>>
prepareExecution(sim::Kernel &kernel, const Program &program,
                 const MachineDescription &machine,
                 llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                 const DeviceRunOptions &options, RunEndHandler onEnd,
                 StreamObserver onTransaction = {});

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_EXECUTION_H
