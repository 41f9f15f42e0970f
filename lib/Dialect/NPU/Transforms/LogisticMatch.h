//===- LogisticMatch.h - The logistic function in a region ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOGISTICMATCH_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOGISTICMATCH_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace garam::npu {

/// Where a block computes 1 / (1 + e to the power -x), which the vector engine
/// has as one instruction: SigmoidF costs what the exponential alone does, and
/// the quotient costs that once more.
struct LogisticMatches {
  /// x of each division whose quotient is the function of it.
  llvm::DenseMap<mlir::Operation *, mlir::Value> operands;
  /// Operations that nothing needs beside those divisions.
  llvm::SmallPtrSet<mlir::Operation *, 8> parts;

  explicit LogisticMatches(mlir::Block &block);
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOGISTICMATCH_H
