//===- DeviceTargetModel.h - What #host.target implements -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H

#include "garam/Target/Device.h"

namespace mlir {
class DialectRegistry;
}

namespace garam::host {

/// --host-cpu: the processor that code is for.
DeviceOption getProcessorOption();

/// Makes #host.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H
