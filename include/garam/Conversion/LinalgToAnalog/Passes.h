//===- Passes.h - From structured operations to crossbars -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOANALOG_PASSES_H
#define GARAM_CONVERSION_LINALGTOANALOG_PASSES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToAnalog/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToAnalog/Passes.h.inc"

namespace analog {

/// What `convert-linalg-to-analog` does, after canonicalisation. Fails after
/// `onRefusal` was called for everything that cannot be converted. `hasGuessed`
/// tells whether the range of a value is a guess.
mlir::LogicalResult convertToAnalog(mlir::func::FuncOp function,
                                    const MachineDescription &machine,
                                    const RefusalHandler &onRefusal,
                                    bool &hasGuessed);

} // namespace analog
} // namespace garam

#endif // GARAM_CONVERSION_LINALGTOANALOG_PASSES_H
