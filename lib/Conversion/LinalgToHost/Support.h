//===- Support.h - What the host can carry out ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H
#define GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H

#include "garam/Target/DeviceTarget.h"

namespace garam::host {

/// Refuses the inputs and tensors of a function that the host has no memory
/// for: of no fixed shape, unless `hasSizes` says that those of run time are
/// known, or of a type that processors do not compute with. True when there are
/// none.
bool checkSupported(mlir::func::FuncOp function, bool hasSizes);

} // namespace garam::host

#endif // GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H
