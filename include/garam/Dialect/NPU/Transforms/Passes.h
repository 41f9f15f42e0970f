//===- Passes.h - Passes of the npu dialect ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/MemoryFill.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/CommandLine.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H
