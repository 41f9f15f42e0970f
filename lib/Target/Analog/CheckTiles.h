//===- CheckTiles.h - Which functions become programs -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_CHECKTILES_H
#define GARAM_LIB_TARGET_ANALOG_CHECKTILES_H

#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::analog {

/// The tensor whose bytes `tensor` is, behind changes of the shape.
mlir::Value getOrigin(mlir::Value tensor);

/// Checks what the verifiers of single operations do not see, so that IR that
/// was read from a file does no harm: a function of products that are split,
/// whose tensors are arguments or made by them, and whose results are each made
/// by one. Fails with an error at the operation.
mlir::LogicalResult checkTiles(mlir::func::FuncOp function,
                               const MachineDescription &machine);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_CHECKTILES_H
