//===- Machine.h - The machine that a pass compiles for ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H

#include "garam/Target/CompileTarget.h"
#include "garam/Target/NPU/Machine/TargetFile.h"

namespace garam::npu {

/// The machine that `op` is compiled for; see loadMachineOf.
inline mlir::FailureOr<MachineDescription> loadMachine(mlir::Operation *op,
                                                       llvm::StringRef option) {
  return loadMachineOf(op, deviceKind, option, readTargetFile);
}

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_MACHINE_H
