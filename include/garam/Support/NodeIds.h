//===- NodeIds.h - ONNX nodes that an operation comes from ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Node ids travel in locations, because upstream transformations keep those:
// a node "conv1" of model.onnx is NameLoc("node:conv1", FileLineColLoc), and
// what is fused is a FusedLoc of several.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_NODEIDS_H
#define GARAM_SUPPORT_NODEIDS_H

#include "mlir/IR/Location.h"

namespace garam {

/// The location of what belongs to node `id` of `file`.
mlir::Location getNodeLoc(mlir::MLIRContext *context, llvm::StringRef file,
                          llvm::StringRef id);

/// Ids of the nodes that `loc` names, each once, in order of appearance.
llvm::SmallVector<llvm::StringRef> getNodeIds(mlir::Location loc);

} // namespace garam

#endif // GARAM_SUPPORT_NODEIDS_H
