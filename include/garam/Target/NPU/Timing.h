//===- Timing.h - How long a command takes by itself ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Closed forms of the time that a command needs on an otherwise idle chip. The
// simulator adds what depends on the others: queues, semaphores, shared
// bandwidth. The cost model of the tiling pipeline uses the same forms.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_TIMING_H
#define GARAM_TARGET_NPU_TIMING_H

#include "garam/Target/NPU/ISA.h"
#include "garam/Target/NPU/MachineDescription.h"

namespace garam::npu {

/// What an engine is busy with, in cycles of the chip's clock, and the fixed
/// cost in front, in seconds. The command takes fixedSeconds + the largest of
/// (fill + compute, read, write) cycles.
struct EngineTime {
  double fixedSeconds = 0;
  uint64_t fillCycles = 0;
  uint64_t computeCycles = 0;
  uint64_t readCycles = 0;  // operands out of the banks
  uint64_t writeCycles = 0; // results into the banks

  uint64_t getBusyCycles() const;
  double getSeconds(double clockHz) const;
};

EngineTime getTime(const TensorCommand &command,
                   const MachineDescription &machine);
EngineTime getTime(const VectorCommand &command,
                   const MachineDescription &machine);

/// A DMA command alone on the chip: start-up, then packets at the slowest of
/// engine, network port and memories.
struct TransferTime {
  double startSeconds = 0;
  double streamSeconds = 0;
  uint64_t bytes = 0;          // moved
  uint64_t dramReadBytes = 0;  // in whole bursts
  uint64_t dramWriteBytes = 0; // in whole bursts
};
TransferTime getTime(const DMACommand &command,
                     const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_TIMING_H
