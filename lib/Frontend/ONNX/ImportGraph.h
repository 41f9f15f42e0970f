//===- ImportGraph.h - From a LoadedModel to MLIR ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_IMPORTGRAPH_H
#define GARAM_LIB_FRONTEND_ONNX_IMPORTGRAPH_H

#include "LoadedModel.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace garam::onnx {

/// Makes the module with function `main` of a loaded model. The module's
/// weights share ownership of the mapped files.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importGraph(const LoadedModel &model, mlir::MLIRContext *context);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_IMPORTGRAPH_H
