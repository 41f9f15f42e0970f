//===- Machine.h - The machine that a pass compiles for ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/IR/Operation.h"

namespace garam::npu {

/// The machine of the target that a pass option names, by name or file.
mlir::FailureOr<MachineDescription> loadMachine(mlir::Operation *op,
                                                llvm::StringRef target);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H
