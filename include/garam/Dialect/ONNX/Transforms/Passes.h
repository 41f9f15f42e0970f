//===- Passes.h - Passes on the onnx dialect --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_H

#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace garam::onnx {

/// Tensors with more elements than this are not evaluated at compile time.
/// Position tables and masks of a few thousand elements are, weights are not.
constexpr int64_t kMaxFoldedElements = 16384;

/// Does what the onnx-fold-shapes pass does. Emits an error and fails when a
/// node is invalid.
mlir::LogicalResult foldShapes(mlir::func::FuncOp function,
                               int64_t maxElements = kMaxFoldedElements);

/// Type attribute of a result of a function: what the model declares of it,
/// until the onnx-apply-declared-outputs pass has run.
constexpr llvm::StringLiteral declaredTypeAttrName = "onnx.declared";

/// Does what the onnx-apply-declared-outputs pass does.
void applyDeclaredOutputs(mlir::func::FuncOp function);

#define GEN_PASS_DECL
#include "garam/Dialect/ONNX/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/ONNX/Transforms/Passes.h.inc"

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_TRANSFORMS_PASSES_H
