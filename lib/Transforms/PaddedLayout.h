//===- PaddedLayout.h - Where the elements of a dimension lie ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_PADDEDLAYOUT_H
#define GARAM_LIB_TRANSFORMS_PADDEDLAYOUT_H

#include "mlir/IR/AffineExpr.h"

#include <optional>

namespace garam {

/// A dimension that others were collapsed to, or one of those: `size` is how
/// many elements there are in a run, `most` how many there is room for.
struct PaddedFactor {
  mlir::AffineExpr size; // normalised
  int64_t most = 0;

  bool isFixed() const { return mlir::isa<mlir::AffineConstantExpr>(size); }
  bool operator==(const PaddedFactor &other) const {
    return size == other.size && most == other.most;
  }
};

/// The elements of a dimension in a tensor of its greatest size: as if of one
/// with a dimension for each factor, the outermost first.
class PaddedLayout {
public:
  PaddedLayout() = default;
  PaddedLayout(mlir::AffineExpr size, int64_t most) { add({size, most}); }

  /// Adds a factor on the inside. Fixed ones that are neighbours become one.
  void add(PaddedFactor factor);
  llvm::ArrayRef<PaddedFactor> getFactors() const { return factors; }
  int64_t getMost() const;
  bool isFixed() const;
  /// Whether the elements that count are the first ones.
  bool isFront() const;
  bool operator==(const PaddedLayout &other) const {
    return factors == other.factors;
  }

  /// Each of all positions has one of `factor`, which this is.
  llvm::SmallVector<int64_t> listPositions(unsigned factor) const;

private:
  llvm::SmallVector<PaddedFactor, 1> factors; // none of them fixed at 1
};

/// `layout` as dimensions of `sizes`, whose product it has, the outermost
/// first; none where a dimension would begin within a factor.
std::optional<llvm::SmallVector<PaddedLayout>>
splitLayout(const PaddedLayout &layout, llvm::ArrayRef<mlir::AffineExpr> sizes);

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_PADDEDLAYOUT_H
