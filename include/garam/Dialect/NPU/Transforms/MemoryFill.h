//===- MemoryFill.h - How full memories are planned -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_MEMORYFILL_H
#define GARAM_DIALECT_NPU_TRANSFORMS_MEMORYFILL_H

namespace garam::npu {

/// The fraction of a memory that is planned for before addresses are known; the
/// rest is left to fragmentation. What does not fit after all is planned again
/// with less (npu-lower-to-planned-commands).
constexpr double plannedFill = 0.85;

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_MEMORYFILL_H
