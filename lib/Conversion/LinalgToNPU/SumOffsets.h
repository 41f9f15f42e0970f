//===- SumOffsets.h - Integers that are added to sums -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFFSETS_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFFSETS_H

#include "SumOfProducts.h"

namespace garam::npu {

/// The bias in units of the sums, if it is integral there: quantisers store it
/// so, with a scale that is the product of the operands' scales but for
/// rounding.
std::optional<llvm::SmallVector<int32_t>>
getIntegerBias(const Epilogue &epilogue, int64_t count);

/// What can be added once to each integer sum instead of in each of its
/// products or after its conversion to a float:
///
///   sum((x - zx) * w) * scale + bias =
///       (sum(x * w) + [bias / scale - zx * sum(w)]) * scale
///
/// where w are constant weights less their zero point, and padding reads as zx.
/// Sums and offsets are exact modulo 2^32, in which they are added.
class SumOffsets {
public:
  SumOffsets(const SumOfProducts &sum, const Epilogue &epilogue);

  /// Whether zx is in: else the products need x - zx.
  bool includeZeroPoint = false;
  /// Whether the bias is in: else the epilogue's is to be added.
  bool includeBias = false;
  /// In row-major order; `coordinates` are those of the loops that they depend
  /// on. One element without dimensions where they depend on none.
  llvm::SmallVector<int32_t> values = {0};
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<mlir::AffineExpr> coordinates;

private:
  struct Term;
  static std::optional<Term> getZeroPointTerm(const SumOfProducts &sum);
  static std::optional<Term> getBiasTerm(const Epilogue &epilogue);
  void addTerms(llvm::ArrayRef<Term> terms, const EpilogueLoops &loops,
                mlir::MLIRContext *context);
};

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_SUMOFFSETS_H
