//===- Calibration.h - Ranges of values from samples ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_CALIBRATION_H
#define GARAM_LIB_DRIVER_CALIBRATION_H

#include "garam/Target/DeviceRegistry.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/IR/BuiltinOps.h"

namespace garam {

/// Runs the model of `module`, which is at stage 'linalg', on the samples of an
/// .npz file and notes what its values of floats lie between (garam_ext.range):
/// inputs of the model and outputs of nodes. The arrays of the file have the
/// names and types of inputs; their first axis counts samples, which are whole
/// inputs, or parts of one along its first dimension.
///
/// The device that takes what others refuse runs it, for its arithmetic is that
/// of the model, with the options of it in `options`.
llvm::Error calibrate(mlir::ModuleOp module, llvm::StringRef samples,
                      const DeviceRegistry &devices,
                      const DeviceCompileOptions &options);

} // namespace garam

#endif // GARAM_LIB_DRIVER_CALIBRATION_H
