//===- SumOfProducts.h - Contractions by their bodies -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOHOST_SUMOFPRODUCTS_H
#define GARAM_LIB_CONVERSION_LINALGTOHOST_SUMOFPRODUCTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace garam::host {

/// Whether each point of `op` adds a product, perhaps of converted operands, to
/// a sum.
bool isSumOfProducts(mlir::linalg::LinalgOp op);

} // namespace garam::host

#endif // GARAM_LIB_CONVERSION_LINALGTOHOST_SUMOFPRODUCTS_H
