//===- SumOfProducts.h - Matrix products and convolutions -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFPRODUCTS_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFPRODUCTS_H

#include "Epilogue.h"
#include "LinalgToNPU.h"

namespace garam::npu {

/// out[..] += activation[..] * weight[..] over a loop nest, in floats, or in
/// integers where both operands are quantised.
struct SumOfProducts {
  EpilogueLoops loops;
  Access activation, weight;
  /// Coordinates of the output.
  llvm::SmallVector<mlir::AffineExpr> output;
  bool isInteger = false;
  /// Sums of integers that were never quantised are stored as they are.
  bool isPlainInteger = false;

  int64_t countIterations(IteratorKind kind) const;
};

/// Creates the stage that computes `sum` and then `epilogue`, written at
/// `output` with type `type`.
mlir::Value createContract(mlir::OpBuilder &builder, mlir::Location loc,
                           const SumOfProducts &sum, const Epilogue &epilogue,
                           llvm::ArrayRef<mlir::AffineExpr> output,
                           mlir::RankedTensorType type);
mlir::Value createReduction(mlir::OpBuilder &builder, mlir::Location loc,
                            const SumOfProducts &sum, const Epilogue &epilogue,
                            llvm::ArrayRef<mlir::AffineExpr> output,
                            mlir::RankedTensorType type);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFPRODUCTS_H
