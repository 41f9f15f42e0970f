//===- Passes.h - Passes of the hetero dialect ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace garam {

/// Attribute of a module: the device that hetero-outline moves it to.
constexpr llvm::StringLiteral heteroTargetAttrName = "hetero.target";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H
