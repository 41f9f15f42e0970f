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

/// Keeps what results and accumulators are as they are where a reduction is
/// beyond what counts. `counts` has for each loop of `op` how many iterations
/// count, an index, or null where all do. Returns `op` with such a body.
mlir::linalg::LinalgOp maskReductions(mlir::RewriterBase &b,
                                      mlir::linalg::LinalgOp op,
                                      llvm::ArrayRef<mlir::Value> counts);

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_MASKREDUCTIONS_H
