//===- ModuleRules.h - The nodes of a module and their rules ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_MODULERULES_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_MODULERULES_H

#include "garam/Dialect/Hetero/Transforms/PlacementRules.h"
#include "mlir/IR/BuiltinOps.h"

namespace garam::hetero {

/// Operators of nodes, by id, as the frontend has listed them.
llvm::StringMap<llvm::StringRef> readOperators(mlir::ModuleOp module);

/// Reads a placement file and checks it with the nodes of `module` and the
/// devices of its system; an empty name is that of no rules. Fails with
/// diagnostics.
mlir::FailureOr<PlacementRules> readRules(mlir::ModuleOp module,
                                          llvm::StringRef file);

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_MODULERULES_H
