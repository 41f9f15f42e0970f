//===- IndexRange.h - Between what an index is ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_INDEXRANGE_H
#define GARAM_LIB_TRANSFORMS_INDEXRANGE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <utility>

namespace garam {

/// What indices of one function are between, by the arithmetic that makes them.
/// An index is looked at once, however many others are computed from it. Valid
/// while the function is not changed.
class IndexRanges {
public:
  using Range = std::pair<int64_t, int64_t>;

  /// The least and the greatest value that `index` can have; those of 64 bits
  /// where nothing says more.
  Range get(mlir::Value index);

private:
  Range compute(mlir::Value index);
  llvm::SmallVector<Range> getRanges(mlir::AffineMap map,
                                     mlir::ValueRange operands);
  Range getSizeRange(mlir::Value buffer, int64_t dim);

  llvm::DenseMap<mlir::Value, Range> known;
};

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_INDEXRANGE_H
