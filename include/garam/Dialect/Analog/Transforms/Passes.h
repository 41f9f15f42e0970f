//===- Passes.h - Passes of the analog dialect ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

namespace analog {

struct SplitOptions {
  /// Reads of inputs that are not negative have this many phases, others 4.
  unsigned unsignedPhases = 4;
};

/// What `analog-split-tiles` does. Fails after `onRefusal` was called for each
/// product that does not fit.
mlir::LogicalResult splitTiles(mlir::func::FuncOp function,
                               const MachineDescription &machine,
                               const SplitOptions &options,
                               const RefusalHandler &onRefusal);

} // namespace analog
} // namespace garam

#endif // GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
