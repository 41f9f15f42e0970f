//===- Passes.h - Passes on kernels of the host -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HOST_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_HOST_TRANSFORMS_PASSES_H

#include "garam/Dialect/Host/IR/Host.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

namespace host {

/// Number of the function that each kernel of a function becomes, in order:
/// kernels with the same body share one.
struct KernelNumbers {
  std::vector<uint32_t> numbers;
  /// One kernel for each function.
  std::vector<KernelOp> kernels;
};
KernelNumbers numberKernels(mlir::func::FuncOp function);

/// A function on buffers that does what `kernel` does, appended to `module`.
mlir::func::FuncOp outlineKernel(KernelOp kernel, llvm::StringRef name,
                                 mlir::ModuleOp module);

/// The name of the function that a kernel of this number becomes.
std::string getKernelName(unsigned number);

} // namespace host
} // namespace garam

#endif // GARAM_DIALECT_HOST_TRANSFORMS_PASSES_H
