//===- FirstFit.h - Buffers one after the other -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H
#define GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

namespace garam::memory {

/// Places the buffers in the order of their numbers in `order`, each at the
/// lowest offset that is free. Takes time in the square of their number, but
/// with a small factor. The result has no lower bound.
MemoryPlan planFirstFit(llvm::ArrayRef<Buffer> buffers,
                        llvm::ArrayRef<uint32_t> order);

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H
