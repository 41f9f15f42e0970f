//===- Passes.h - Passes of the analog dialect ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_DIALECT_ANALOG_TRANSFORMS_PASSES_H
