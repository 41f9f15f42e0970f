//===- DebugChoices.h - Recorded choices, for the debug map -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_DEBUGCHOICES_H
#define GARAM_DIALECT_NPU_TRANSFORMS_DEBUGCHOICES_H

#include "garam/Target/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

/// Adds what `npu.choices`, `npu.fusion` and `npu.node_ends` of a function have
/// to a debug map with all nodes that its commands name.
void readChoices(mlir::func::FuncOp func, DebugMap &map);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_DEBUGCHOICES_H
