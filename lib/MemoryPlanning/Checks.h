//===- Checks.h - Whether problems are right --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_CHECKS_H
#define GARAM_LIB_MEMORYPLANNING_CHECKS_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

namespace garam::memory {

/// The errors of planMemory.
llvm::Error checkBuffers(llvm::ArrayRef<Buffer> buffers);

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_CHECKS_H
