//===- MaskReductions.h - Sums of what counts of a buffer -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_MASKREDUCTIONS_H
#define GARAM_LIB_TRANSFORMS_MASKREDUCTIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace garam {

/// The number that `counter` holds, an i64 tensor of rank 0, as an index.
mlir::Value readCounter(mlir::OpBuilder &b, mlir::Value counter);

/// Keeps what results and accumulators are as they are where a reduction is
/// beyond what counts. `loopCounters` has the counter of each loop of `op`, or
/// null. Returns `op` with such a body.
mlir::linalg::LinalgOp maskReductions(mlir::RewriterBase &b,
                                      mlir::linalg::LinalgOp op,
                                      llvm::ArrayRef<mlir::Value> loopCounters);

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_MASKREDUCTIONS_H
