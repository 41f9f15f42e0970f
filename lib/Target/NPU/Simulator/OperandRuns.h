//===- OperandRuns.h - Reads and writes along one dimension -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_OPERANDRUNS_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_OPERANDRUNS_H

#include "Memory.h"

namespace garam::npu {

/// Index of an element in the dimensions of its command.
using ElementIndex = std::array<uint32_t, maxDims>;

/// An element that lies outside of its memory.
struct RangeFault {
  bool happened = false;
  int64_t begin = 0, end = 0;
};

/// Reads `count` elements from `index` on along dimension `dim` as f32 or i32
/// register bits (whichever the operand's type has); guarded-out ones are the
/// fill value. On a fault nothing is read.
RangeFault readRun(const Operand &operand, const ElementIndex &index,
                   unsigned dim, unsigned count, uint32_t *registers);

/// Writes `count` registers from `index` on along dimension `dim`.
void writeFloatRun(const Operand &operand, const ElementIndex &index,
                   unsigned dim, unsigned count, const uint32_t *registers);
void writeIntRun(const Operand &operand, const ElementIndex &index,
                 unsigned dim, unsigned count, const uint32_t *registers);

/// Advances `index` over `sizes` (row-major) to the element that lies `steps`
/// after it; sizes.size() dimensions of `index` from `firstDim` on count.
void advance(ElementIndex &index, llvm::ArrayRef<uint32_t> sizes,
             unsigned firstDim, uint64_t steps);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_OPERANDRUNS_H
