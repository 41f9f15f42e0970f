//===- EraseDeadNodes.h - Erases nodes that nothing uses ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ERASEDEADNODES_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ERASEDEADNODES_H

#include "mlir/IR/Block.h"

namespace garam::onnx {

/// Erases what nothing uses of a block and of the bodies in it. Nodes come
/// after what they use, so one walk from the end finds all that is dead.
void eraseDeadNodes(mlir::Block &block);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ERASEDEADNODES_H
