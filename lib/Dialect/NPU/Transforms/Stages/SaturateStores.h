//===- SaturateStores.h - Finite numbers stay finite in memory --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_SATURATESTORES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_SATURATESTORES_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace garam::npu {

/// Whether an element is finite and beyond the largest number of `narrow`.
bool exceedsRange(ConstantOp op, mlir::FloatType narrow);

/// Where stages of `func` store as `narrow` what large constants or arguments
/// of wider floats were added to or multiplied with, as masks are before
/// a softmax, clamps it to the largest numbers of the type: a row that is
/// masked as a whole would be infinite, and NaN when its maximum is subtracted.
/// Only of `demoted`, which the model has wider: where its own type is narrow,
/// what is beyond is infinite.
void saturateStores(mlir::RewriterBase &rewriter, mlir::func::FuncOp func,
                    mlir::FloatType narrow,
                    const llvm::DenseSet<mlir::Value> &demoted);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_SATURATESTORES_H
