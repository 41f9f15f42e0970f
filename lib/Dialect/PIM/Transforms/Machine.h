//===- Machine.h - The machine that a pass compiles for ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_PIM_TRANSFORMS_MACHINE_H
#define GARAM_LIB_DIALECT_PIM_TRANSFORMS_MACHINE_H

#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "mlir/IR/Operation.h"

namespace garam::pim {

/// The machine that `op` is compiled for: that of the executable around it, or,
/// where there is none, of the target that a pass's option names, by name or
/// file. Fails with an error at `op` when there is neither, when they differ,
/// or when the target's file is wrong.
mlir::FailureOr<MachineDescription> loadMachine(mlir::Operation *op,
                                                llvm::StringRef option);

} // namespace garam::pim

#endif // GARAM_LIB_DIALECT_PIM_TRANSFORMS_MACHINE_H
