//===- Passes.h - Passes of the pim dialect ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_PIM_TRANSFORMS_PASSES_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/PIM/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/PIM/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_DIALECT_PIM_TRANSFORMS_PASSES_H
