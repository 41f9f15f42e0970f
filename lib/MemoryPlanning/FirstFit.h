//===- FirstFit.h - Buffers one after the other -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H
#define GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::memory {

/// Places the buffers in the order of their numbers in `order`, each at the
/// lowest offset that is free. Takes time in the number of pairs that live at
/// the same time, with a small factor, and n log n. Nothing when `isTimeUp`.
/// The plan has no lower bound.
std::optional<MemoryPlan> planFirstFit(llvm::ArrayRef<Buffer> buffers,
                                       llvm::ArrayRef<uint32_t> order,
                                       llvm::function_ref<bool()> isTimeUp);

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_FIRSTFIT_H
