//===- DeviceTargetModel.h - What #analog.target implements -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_ANALOG_DEVICETARGETMODEL_H

#include "garam/Target/Device.h"

namespace garam::analog {

/// Makes #analog.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

/// --read-phases: how often crossbars are read for inputs that are not
/// negative.
DeviceOption getReadPhasesOption();

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_DEVICETARGETMODEL_H
