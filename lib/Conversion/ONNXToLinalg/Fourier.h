//===- Fourier.h - Factors of Fourier transforms ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_FOURIER_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_FOURIER_H

#include "ScalarMath.h"

namespace garam::onnx {

/// What part d of element j adds to part c of element k in a transform of
/// `length` elements, for a position (k, j, d, c) of indices. Parts are the
/// real one and the imaginary one.
mlir::Value makeFourierFactor(ScalarMath &m,
                              mlir::ArrayRef<mlir::Value> position,
                              int64_t length, bool isInverse);

/// The same, for positions that are known.
double getFourierFactor(mlir::ArrayRef<int64_t> position, int64_t length,
                        bool isInverse);

/// A constant of the numbers at all positions of `shape`, [k, j, d, c]; null
/// where it would be larger than is worth keeping.
mlir::Value
makeFactorTable(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                mlir::ArrayRef<int64_t> shape,
                llvm::function_ref<double(mlir::ArrayRef<int64_t>)> getFactor);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_FOURIER_H
