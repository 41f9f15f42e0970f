//===- Passes.h - Passes on the stages of an NPU ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_H
#define GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_H

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"

} // namespace garam

#endif // GARAM_DIALECT_NPU_TRANSFORMS_STAGES_PASSES_H
