//===- AffineBody.h - Scaling, adding and clamping --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What digital units behind a product, which rescale its sums, can do to them
// is the same on many devices: clamp(factor * sum + table element + offset).
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_AFFINEBODY_H
#define GARAM_TRANSFORMS_AFFINEBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace garam {

/// A value in the body of an elementwise operation: a multiple of an element of
/// the chain, of an element of one more operand (the table) and a constant, and
/// bounds of all that.
struct AffineTerm {
  double factor = 0;            // of the chain; 0: the chain is not in it
  mlir::OpOperand *table = {};  // null: none
  double tableFactor = 0;       // of an element of it
  std::optional<double> offset; // nothing: no constant is added
  std::optional<float> low, high;
  /// Rounded to a narrower type: no more than bounds may follow.
  bool isNarrowed = false;

  bool isConstant() const {
    return offset && factor == 0 && !table && !isFinal();
  }
  bool isBounded() const { return low || high; }
  /// Nothing but bounds may follow.
  bool isFinal() const { return isBounded() || isNarrowed; }
};

/// Whether products may be multiplied out.
enum class Roundings {
  Any,       // a * (b * x + c) is (a * b) * x + a * c
  AsWritten, // each factor is multiplied with what it was written beside
};

/// What the body of the elementwise `op` yields, where `chain` is
/// `chainTerm`; nothing when that is no such term.
std::optional<AffineTerm> readAffineBody(mlir::linalg::LinalgOp op,
                                         mlir::OpOperand &chain,
                                         const AffineTerm &chainTerm,
                                         Roundings roundings);

} // namespace garam

#endif // GARAM_TRANSFORMS_AFFINEBODY_H
