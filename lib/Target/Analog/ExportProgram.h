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

/// Makes a program of a function that checkTiles accepts. Fails after
/// `onRefusal` was called for what the chip's memories do not hold, or with an
/// error when the tiles break a rule of programs: a fault of the compiler if it
/// has made them itself (`areOwnTiles`).
mlir::FailureOr<DeviceProgram> exportProgram(mlir::func::FuncOp function,
                                             const MachineDescription &machine,
                                             bool areOwnTiles,
                                             const RefusalHandler &onRefusal);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_EXPORTPROGRAM_H
