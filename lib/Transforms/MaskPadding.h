//===- MaskPadding.h - Sums that leave padding out --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_MASKPADDING_H
#define GARAM_LIB_TRANSFORMS_MASKPADDING_H

#include "PaddedLayout.h"
#include "garam/Transforms/SizeAnalysis.h"
#include "mlir/IR/PatternMatch.h"

namespace garam {

/// Makes masks of dimensions: i1 vectors of which positions count. Devices can
/// compute them from the sizes of the run, since they are made of tensors only.
class PaddingMasks {
public:
  PaddingMasks(SizeAnalysis &analysis, mlir::RewriterBase &builder)
      : analysis(analysis), b(builder) {}

  /// Where the builder is; `layout` is not fixed.
  mlir::Value make(mlir::Location loc, const PaddedLayout &layout);

  /// `tensor` with `value` in place of what does not count in `dims`, one
  /// layout for each dimension, of which fixed ones are left out.
  mlir::Value fill(mlir::Location loc, mlir::Value tensor,
                   llvm::ArrayRef<PaddedLayout> dims, mlir::TypedAttr value);

  /// `op`, or one in its place, that combines along its loops only what counts
  /// of these; null when it is not known how. Replaces no uses.
  mlir::linalg::LinalgOp maskReductions(mlir::linalg::LinalgOp op,
                                        llvm::ArrayRef<PaddedLayout> loops);

private:
  mlir::Value makeCount(mlir::Location loc, mlir::AffineExpr size);
  void maskFactors(mlir::linalg::LinalgOp op,
                   llvm::ArrayRef<PaddedLayout> loops);
  mlir::linalg::LinalgOp maskBody(mlir::linalg::LinalgOp op,
                                  llvm::ArrayRef<PaddedLayout> loops,
                                  llvm::ArrayRef<unsigned> dims);

  SizeAnalysis &analysis;
  mlir::RewriterBase &b;
};

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_MASKPADDING_H
