//===- StageFile.h - The IR of a stage as files -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A stage's IR is written as text without its weights: they go, once for all
// stages of a folder, into weights.mlirbc beside it, as the resources of an
// empty module in MLIR's bytecode.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_STAGEFILE_H
#define GARAM_LIB_DRIVER_STAGEFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace garam {

/// Writes the text of `module`, without weights.
void printStage(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Writes the text of `module` to `path`, and its weights beside it.
llvm::Error writeStage(mlir::ModuleOp module, llvm::StringRef path);

/// Reads a stage and, if its text refers to weights, these.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
readStage(llvm::StringRef path, mlir::MLIRContext *context);

} // namespace garam

#endif // GARAM_LIB_DRIVER_STAGEFILE_H
