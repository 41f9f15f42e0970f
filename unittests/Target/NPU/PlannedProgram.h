//===- PlannedProgram.h - Small NPU programs with their plan ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_PLANNEDPROGRAM_H
#define GARAM_UNITTESTS_TARGET_NPU_PLANNEDPROGRAM_H

#include "RandomProgram.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/NPU/MemoryPlan.h"

#include <string>

namespace garam::npu::test {

/// A program and its plan, built command by command. Its segments are an input
/// (0), an output (1) and scratch (2) of 4 KiB each.
struct PlannedProgram {
  Program program;
  MemoryPlan plan;

  /// A machine of `numCores` cores with 4 KiB of SRAM each and as much shared.
  static MachineDescription makeMachine(unsigned numCores);

  explicit PlannedProgram(unsigned numCores);

  uint32_t addBuffer(MemorySpace space, uint16_t index, uint64_t offset,
                     uint64_t size, std::string name);
  /// Adds a command outside loops. Queues are numbered 3 * core + engine.
  void add(unsigned queue, Command command,
           llvm::SmallVector<uint32_t, 4> buffers = {});
  void wait(unsigned queue, unsigned semaphore, unsigned count = 1);
  void signal(unsigned queue, unsigned receiver, unsigned semaphore,
              unsigned count = 1);
  /// DMA of `size` bytes between places in two buffers.
  void copy(unsigned queue, uint32_t from, uint64_t fromOffset, uint32_t to,
            uint64_t toOffset, uint32_t size);
  /// Vector command that copies `size` bytes.
  void compute(unsigned queue, uint32_t from, uint64_t fromOffset, uint32_t to,
               uint64_t toOffset, uint32_t size);

  /// A contiguous walk over bytes of a buffer.
  Descriptor makeWalk(uint32_t buffer, uint64_t offset) const;
};

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_PLANNEDPROGRAM_H
