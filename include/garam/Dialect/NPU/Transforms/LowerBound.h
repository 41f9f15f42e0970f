//===- LowerBound.h - What no schedule can beat -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_LOWERBOUND_H
#define GARAM_DIALECT_NPU_TRANSFORMS_LOWERBOUND_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

/// The lower bound of a function of NPU stages.
LowerBound computeLowerBound(mlir::func::FuncOp stages,
                             const MachineDescription &machine);

/// The one that npu-record-bound has kept on a function; nothing needs anything
/// where there is none.
LowerBound readLowerBound(mlir::func::FuncOp function,
                          const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_LOWERBOUND_H
