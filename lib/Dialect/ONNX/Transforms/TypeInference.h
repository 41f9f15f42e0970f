//===- TypeInference.h - onnx's type inference on a node --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_TYPEINFERENCE_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_TYPEINFERENCE_H

#include "SmallTensor.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"

#include <string>

namespace garam::onnx {

/// What the onnx library infers for a node's results.
struct InferredTypes {
  /// One for each result; null where nothing was inferred.
  llvm::SmallVector<mlir::Type> types;
  /// Why the node is invalid; empty when it is not.
  std::string error;
};

/// Infers the types of the results of a node without bodies from the types of
/// its operands and, where they are known, their values (null where not).
InferredTypes inferTypes(NodeOp node,
                         llvm::ArrayRef<const SmallTensor *> values);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_TYPEINFERENCE_H
