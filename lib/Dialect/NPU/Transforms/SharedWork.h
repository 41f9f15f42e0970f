//===- SharedWork.h - Work that idle threads take part in -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDWORK_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDWORK_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::npu {

/// Calls `work` with 0 to `count` - 1, once each, and returns when all calls
/// are done. The caller makes them one after the other; threads of the
/// context's pool that have nothing to do make some of them meanwhile. May be
/// called from a thread of the pool: unlike the wait for a task group, which
/// takes up any task of the pool, it begins nothing else, so that what the
/// caller holds, or others wait for, is safe. `work` must wait for nobody.
void shareWork(mlir::MLIRContext *context, size_t count,
               llvm::function_ref<void(size_t)> work);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDWORK_H
