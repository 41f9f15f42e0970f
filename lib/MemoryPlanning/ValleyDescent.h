//===- ValleyDescent.h - One way down the tree of valleys -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_VALLEYDESCENT_H
#define GARAM_LIB_MEMORYPLANNING_VALLEYDESCENT_H

#include "Skyline.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::memory {

/// Goes the way that ValleySearch goes first, without ever going back: in the
/// lowest valley, the first buffer by `ranks` with which all that is left still
/// fits the capacity, or none. Where nothing fits, the capacity, which is
/// `capacity` at first, is raised. Leaves a plan in `skyline`; false when
/// `isTimeUp` before.
bool descend(Skyline &skyline, const Sections &sections,
             llvm::ArrayRef<uint32_t> ranks, int64_t capacity,
             llvm::function_ref<bool()> isTimeUp);

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_VALLEYDESCENT_H
