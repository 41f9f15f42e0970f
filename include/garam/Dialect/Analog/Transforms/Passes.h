//===- Passes.h - Passes of the analog dialect ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Target/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

namespace analog {

/// The cores that an instance of the program of `function` will occupy,
/// normalised: those of its tiles.
std::vector<ResidentRange> listCores(mlir::func::FuncOp function);

} // namespace analog
} // namespace garam

#endif // GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
