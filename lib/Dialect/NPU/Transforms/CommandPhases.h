//===- CommandPhases.h - What was done to commands so far -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Commands are lowered, then planned, ordered, synchronised and rolled. A pass
// on those of another phase would undo what was done, or do it twice. See also
// checkNotSynchronized and checkNotRolled.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDPHASES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDPHASES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

// All fail with a diagnostic at the operation that is of the other phase.
// `func` has a body of one block.

/// Buffers have no addresses yet: those of a plan hold for its lifetimes only.
mlir::LogicalResult checkNotPlanned(mlir::func::FuncOp func);
/// Buffers have addresses.
mlir::LogicalResult checkPlanned(mlir::func::FuncOp func);
/// There are waits, signals or loops already, unless no queue reads what
/// another one writes.
mlir::LogicalResult checkSynchronized(mlir::func::FuncOp func);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDPHASES_H
