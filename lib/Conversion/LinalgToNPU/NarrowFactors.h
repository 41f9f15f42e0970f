//===- NarrowFactors.h - Factors that were 8-bit floats ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_NARROWFACTORS_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_NARROWFACTORS_H

#include "Epilogue.h"

namespace garam::npu {

/// A factor of a sum of products that is scale * x of a narrower float x.
struct NarrowFactor {
  Access access; // of x
  ChannelValues scale;
  /// Coordinate of the scale in the loop dimensions; null for one value.
  mlir::AffineExpr channel;

  mlir::Type getElementType() const {
    return mlir::getElementTypeOrSelf(access.source);
  }
};

/// `access` through the operation that widens floats to f32 and multiplies them
/// by a finite constant, or by nothing, as DequantizeLinear of 8-bit floats
/// does. Nothing where no such operation makes what is read.
std::optional<NarrowFactor> findNarrowFactor(const Access &access);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_NARROWFACTORS_H
