//===- Passes.h - From structured operations to the NPU ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_PASSES_H
#define GARAM_CONVERSION_LINALGTONPU_PASSES_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"

} // namespace garam

#endif // GARAM_CONVERSION_LINALGTONPU_PASSES_H
