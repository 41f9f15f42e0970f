//===- VectorKernels.h - Micro-operations on blocks of lanes ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_VECTORKERNELS_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_VECTORKERNELS_H

#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// Elements that one step of the interpreter treats.
constexpr unsigned blockLanes = 256;
using Register = std::array<uint32_t, blockLanes>;

/// Executes an instruction other than Load and Index on `lanes` lanes.
void executeInstruction(const VectorInstruction &instruction, unsigned lanes,
                        Register *registers);

/// accumulator = combine(accumulator, source), lane by lane.
void combineLanes(Combiner combiner, unsigned lanes, const uint32_t *source,
                  uint32_t *accumulator);

/// Combines the lanes one after the other into one accumulator.
uint32_t combineInOrder(Combiner combiner, unsigned lanes,
                        const uint32_t *source, uint32_t accumulator);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_VECTORKERNELS_H
