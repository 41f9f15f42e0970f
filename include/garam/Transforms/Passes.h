//===- Passes.h - Passes on dialects of upstream ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_PASSES_H
#define GARAM_TRANSFORMS_PASSES_H

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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

/// On a function, by the pass select-part: the number of its parts, an i64.
constexpr llvm::StringLiteral partsAttrName = "garam.parts";

#define GEN_PASS_DECL
#include "garam/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_TRANSFORMS_PASSES_H
