//===- DeviceTargetModel.h - What #npu.target implements --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H

#include "garam/Target/Device.h"
#include "mlir/IR/DialectRegistry.h"

namespace garam::npu {

/// --resident-weights of garam compile.
DeviceOption getResidentWeightsOption();

/// Makes #npu.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_DEVICETARGETMODEL_H
