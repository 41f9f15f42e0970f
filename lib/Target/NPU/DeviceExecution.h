//===- DeviceExecution.h - A running NPU program ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_DEVICEEXECUTION_H
#define GARAM_LIB_TARGET_NPU_DEVICEEXECUTION_H

#include "garam/Target/LoadedProgram.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// LoadedProgram::instantiate of `program`, which must live as long as the
/// instance, as must `machine`.
llvm::Expected<std::unique_ptr<ProgramInstance>>
makeInstance(const Program &program, const MachineDescription &machine,
             llvm::ArrayRef<uint8_t> constants, const InstanceOptions &options);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_DEVICEEXECUTION_H
