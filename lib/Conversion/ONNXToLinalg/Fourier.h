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

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_FOURIER_H
