//===- MemoryPlan.h - Buffers of an NPU program -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the compiler intends each operand to touch. The static checker proves
// with it that no command leaves its buffer and that two buffers which share
// addresses are never live at once.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MEMORYPLAN_H
#define GARAM_TARGET_NPU_MEMORYPLAN_H

#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

struct PlannedBuffer {
  MemorySpace space = MemorySpace::Local;
  uint16_t index = 0; // core or segment, as in Address
  uint64_t offset = 0, size = 0;
  std::string name; // for messages
};

struct MemoryPlan {
  std::vector<PlannedBuffer> buffers;
  /// operandBuffers[q][k]: buffers of the k-th command that queue q executes
  /// when its loops are expanded (loop commands left out, waits and signals
  /// with an empty list), one number an operand, in this order:
  ///   tensor: activation, weight, bias, scale, residual, output (those that
  ///           the command has)
  ///   vector: inputs, outputs
  ///   DMA:    source (not for Fill), destination (one for each receiving core
  ///           in increasing order when multicast), indirection (if any)
  std::vector<std::vector<llvm::SmallVector<uint32_t, 4>>> operandBuffers;
  /// The same for the queues of the set-up.
  std::vector<std::vector<llvm::SmallVector<uint32_t, 4>>> setupOperandBuffers;
};

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MEMORYPLAN_H
