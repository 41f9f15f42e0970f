//===- ElementRuns.h - Runs of elements to and from registers ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_ELEMENTRUNS_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_ELEMENTRUNS_H

#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// Widens `count` elements of a float type, `stride` bytes apart, to f32.
void loadFloats(ElementType type, const uint8_t *source, int64_t stride,
                unsigned count, float *destination);
/// Widens `count` elements of an integer type to i32; of types of 64 bits the
/// low 32 bits.
void loadInts(ElementType type, const uint8_t *source, int64_t stride,
              unsigned count, int32_t *destination);

/// Stores f32 registers: into float types rounded to nearest even, into integer
/// types rounded to nearest even and saturated, into Bool as "!= 0".
void storeFloats(ElementType type, const float *source, unsigned count,
                 uint8_t *destination, int64_t stride);
/// Stores i32 registers: into integer types saturated, into Bool as "!= 0",
/// into float types converted to f32 first.
void storeInts(ElementType type, const int32_t *source, unsigned count,
               uint8_t *destination, int64_t stride);

/// Bits of the register that holds `fill` as an element of `type`.
uint32_t getFillBits(ElementType type, double fill);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_ELEMENTRUNS_H
