//===- DeviceProgram.h - What compiling for the NPU gives -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_DEVICEPROGRAM_H
#define GARAM_LIB_TARGET_NPU_DEVICEPROGRAM_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/NPU/CompiledProgram.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Encodes a program compiled for `machine` and brings it into the form of the
/// device interface. The lower bound is left to the caller.
llvm::Expected<DeviceProgram>
makeDeviceProgram(CompiledProgram compiled, const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_DEVICEPROGRAM_H
