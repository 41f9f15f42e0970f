//===- Passes.h - From structured operations to crossbars -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOANALOG_PASSES_H
#define GARAM_CONVERSION_LINALGTOANALOG_PASSES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToAnalog/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToAnalog/Passes.h.inc"

} // namespace garam

#endif // GARAM_CONVERSION_LINALGTOANALOG_PASSES_H
