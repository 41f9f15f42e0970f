//===- Support.h - What an NPU can carry out --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_SUPPORT_H
#define GARAM_CONVERSION_LINALGTONPU_SUPPORT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace garam::npu {

/// An operation that the NPU does not take, or the function, and why.
struct UnsupportedOperation {
  mlir::Operation *op;
  std::string reason;
};

/// All obstacles in a function of structured operations that are known before
/// its conversion: dimensions that are not fixed. Changes nothing.
llvm::SmallVector<UnsupportedOperation> checkSupported(mlir::func::FuncOp func);

/// Emits an error for each entry of checkSupported; fails if there are any.
mlir::LogicalResult reportUnsupported(mlir::func::FuncOp func);

/// Emits the error for one operation; its location names the nodes.
void emitUnsupported(mlir::Operation *op, llvm::StringRef reason);

} // namespace garam::npu

#endif // GARAM_CONVERSION_LINALGTONPU_SUPPORT_H
