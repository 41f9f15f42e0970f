//===- DeviceTargetModel.h - What #npu.target implements --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

/// The device class in target files, attributes and binaries.
constexpr llvm::StringLiteral deviceKind = "npu";

/// Makes #npu.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

/// The lower bound of a function of NPU stages.
LowerBound computeLowerBound(mlir::func::FuncOp stages,
                             const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H
