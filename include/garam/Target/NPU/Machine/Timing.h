//===- Timing.h - How long a command takes by itself ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Closed forms of the time that a command needs on an otherwise idle chip. The
// simulator adds what depends on the others: queues, semaphores, shared
// bandwidth. The cost model of the tiling pipeline uses the same forms.
// docs/isa/npu-timing.md specifies them. They cost some hundred operations and
// allocate nothing; counts that exceed 64 bits saturate.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_TIMING_H
#define GARAM_TARGET_NPU_MACHINE_TIMING_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "llvm/Support/Error.h"

namespace garam::npu {

/// Bytes at multiples of which what is stored begins, so that an access takes
/// no more bursts of DRAM than its bytes fill. Nothing else asks for alignment:
/// a run in SRAM costs whole words wherever it begins.
uint64_t getAlignment(const MachineDescription &machine);

/// What an engine is busy with, in cycles of the chip's clock, and the fixed
/// cost in front, in seconds. The command takes fixedSeconds + the largest of
/// (fill + compute, read, write) cycles.
struct EngineTime {
  double fixedSeconds = 0;
  uint64_t fillCycles = 0;
  uint64_t computeCycles = 0;
  uint64_t readCycles = 0;  // operands out of the banks
  uint64_t writeCycles = 0; // results into the banks

  /// What energy is charged for.
  uint64_t macs = 0;             // of a tensor command
  uint64_t vectorOperations = 0; // of a vector command, lane operations
  uint64_t localBytes = 0;       // out of and into the banks, in bank words

  uint64_t getBusyCycles() const;
  double getSeconds(double clockHz) const;
};

/// The command must be one that `machine` supports, see checkSupported.
EngineTime getTime(const TensorCommand &command,
                   const MachineDescription &machine);
EngineTime getTime(const VectorCommand &command,
                   const MachineDescription &machine);

/// Cycles that the arrays compute for `command`; 0 on a machine without a mode
/// for its type.
uint64_t getComputeCycles(const TensorCommand &command,
                          const MachineDescription &machine);

/// A DMA command alone on the chip: start-up, then packets at the slowest of
/// engine, network port and memories.
struct TransferTime {
  double startSeconds = 0;
  double streamSeconds = 0;    // the largest of those below
  uint64_t bytes = 0;          // moved; of a multicast once
  uint64_t dramReadBytes = 0;  // in whole bursts
  uint64_t dramWriteBytes = 0; // in whole bursts

  /// How long the stream occupies each resource.
  double engineSeconds = 0;
  double dramSeconds = 0;
  double networkSeconds = 0; // each port that takes part
  double sharedSeconds = 0;  // port of the shared SRAM
  double localSeconds = 0;   // banks, the busier of reading and writing

  /// Requests that the stream is split into.
  uint64_t packets = 0;

  uint64_t networkBytes = 0; // each port that takes part counts
  uint64_t sharedBytes = 0;
  uint64_t localBytes = 0; // in bank words
};
TransferTime getTime(const DMACommand &command,
                     const MachineDescription &machine);

/// Bytes of the accumulators of a core that `command` occupies on a machine
/// that supports its type: rows * columns * 4, columns rounded up to whole
/// passes of the array (its outputs times unitColumns).
uint64_t getAccumulatorBytes(const TensorCommand &command,
                             const MachineDescription &machine);

/// Fails when `machine` has not what the command uses: array mode, units
/// and how they share the command, residuals, accumulators, float arithmetic,
/// shared SRAM, multicast, cores. The message says what is missing.
llvm::Error checkSupported(const TensorCommand &command,
                           const MachineDescription &machine);
llvm::Error checkSupported(const VectorCommand &command,
                           const MachineDescription &machine);
llvm::Error checkSupported(const DMACommand &command,
                           const MachineDescription &machine);
/// Fails when they do not lie in an SRAM of `machine`.
llvm::Error checkSupported(const ResidentBytes &bytes,
                           const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_TIMING_H
