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

/// Makes a program of a function that checkTiles accepts. Refuses what the
/// chip's memories do not hold; fails with an error when the tiles break a rule
/// of programs.
mlir::FailureOr<DeviceProgram> exportProgram(mlir::func::FuncOp function,
                                             const MachineDescription &machine);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_EXPORTPROGRAM_H
