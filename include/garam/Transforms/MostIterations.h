//===- MostIterations.h - Bounds of loops of run time -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_MOSTITERATIONS_H
#define GARAM_TRANSFORMS_MOSTITERATIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace garam {

/// On a structured operation with loops of run time: how many iterations each
/// of its loops has at most.
constexpr llvm::StringLiteral mostIterationsAttrName = "garam.most_iterations";

/// How many iterations each loop has at most; dynamic where nothing says it.
inline llvm::SmallVector<int64_t>
readMostIterations(mlir::linalg::LinalgOp op) {
  llvm::SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto most =
      op->getAttrOfType<mlir::DenseI64ArrayAttr>(mostIterationsAttrName);
  if (most && most.size() == int64_t(ranges.size()))
    for (auto [range, bound] : llvm::zip_equal(ranges, most.asArrayRef()))
      range = mlir::ShapedType::isDynamic(range) ? bound : range;
  return ranges;
}

} // namespace garam

#endif // GARAM_TRANSFORMS_MOSTITERATIONS_H
