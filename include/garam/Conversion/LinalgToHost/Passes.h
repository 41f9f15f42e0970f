//===- Passes.h - From structured operations to kernels ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOHOST_PASSES_H
#define GARAM_CONVERSION_LINALGTOHOST_PASSES_H

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace host {

/// Appends the passes that turn a function of linalg, tensor and garam_ext into
/// kernels, or refuse it.
void buildKernelPipeline(mlir::OpPassManager &functions);

/// Registers it as linalg-to-host-kernels.
void registerKernelPipeline();

} // namespace host
} // namespace garam

#endif // GARAM_CONVERSION_LINALGTOHOST_PASSES_H
