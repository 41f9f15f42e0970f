//===- Passes.h - From structured operations to kernels ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOHOST_PASSES_H
#define GARAM_CONVERSION_LINALGTOHOST_PASSES_H

#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

/// The pass with `onRefusal` called for what it would report as an error.
std::unique_ptr<mlir::Pass> createHostFormKernels(RefusalHandler onRefusal);

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace host {

/// Turns a function of linalg, tensor and garam_ext into kernels. All that is
/// not supported goes to `onRefusal`.
mlir::LogicalResult convertToKernels(mlir::func::FuncOp function,
                                     const RefusalHandler &onRefusal);

/// Registers it as linalg-to-host-kernels.
void registerKernelPipeline();

} // namespace host
} // namespace garam

#endif // GARAM_CONVERSION_LINALGTOHOST_PASSES_H
