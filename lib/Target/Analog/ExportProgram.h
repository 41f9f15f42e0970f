//===- ExportProgram.h - From tiles to a program ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_EXPORTPROGRAM_H
#define GARAM_LIB_TARGET_ANALOG_EXPORTPROGRAM_H

#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "garam/Target/DeviceTarget.h"

namespace garam::analog {

/// Makes a program of a function whose products are split into tiles. Fails
/// after `onRefusal` was called for what the chip's memories do not hold.
mlir::FailureOr<DeviceProgram> exportProgram(mlir::func::FuncOp function,
                                             const MachineDescription &machine,
                                             const RefusalHandler &onRefusal);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_EXPORTPROGRAM_H
