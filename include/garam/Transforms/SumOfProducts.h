//===- SumOfProducts.h - Contractions by their bodies -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_SUMOFPRODUCTS_H
#define GARAM_TRANSFORMS_SUMOFPRODUCTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace garam {

/// Whether each point of `op` adds a product, whatever its factors are, to the
/// one sum that reductions make.
bool isSumOfProducts(mlir::linalg::LinalgOp op);

} // namespace garam

#endif // GARAM_TRANSFORMS_SUMOFPRODUCTS_H
