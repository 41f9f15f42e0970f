//===- DeviceTargetModel.h - What #pim.target implements --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_PIM_DEVICETARGETMODEL_H

#include "mlir/IR/DialectRegistry.h"

namespace garam::pim {

/// Adds DeviceTargetAttrInterface to #pim.target.
void registerTargetModel(mlir::DialectRegistry &registry);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_DEVICETARGETMODEL_H
