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
  /// The sizes of each result's dimensions; empty, or null ones, where they are
  /// not known.
  llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr>> sizes;
  /// Why the node is invalid; empty when it is not.
  std::string error;
};

/// Infers the types of the results of a node without bodies from the types of
/// its operands, their sizes, and, where they are known, their values (null
/// where not).
InferredTypes
inferTypes(NodeOp node, llvm::ArrayRef<const SmallTensor *> values,
           llvm::ArrayRef<llvm::SmallVector<mlir::AffineExpr>> operandSizes);

/// The more precise of two types of one value; null when they contradict.
mlir::Type refineType(mlir::Type known, mlir::Type inferred);

/// "0 is tensor<1x4xf32>, 1 is tensor<4xf32>": the inputs that are given.
std::string describeInputs(NodeOp node);

/// Whether it has no dynamic size, or is of an input that is left out.
bool isStatic(mlir::Type type);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_TYPEINFERENCE_H
