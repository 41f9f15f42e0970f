//===- ExportProgram.h - From streams in IR to a program --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_EXPORTPROGRAM_H
#define GARAM_LIB_TARGET_PIM_EXPORTPROGRAM_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::pim {

/// The program that a function of streams, which verifies, is, encoded, with
/// its constants and its debug map. The constants refer to attributes of the
/// function's context, which must outlive them. Reports what is wrong as
/// errors.
mlir::FailureOr<DeviceProgram> exportProgram(mlir::func::FuncOp streams,
                                             const MachineDescription &machine);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_EXPORTPROGRAM_H
