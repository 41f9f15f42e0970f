//===- Product.h - Products with constant weights ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOANALOG_PRODUCT_H
#define GARAM_LIB_CONVERSION_LINALGTOANALOG_PRODUCT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace garam::analog {

/// A sum of products of an input with weights, its loops sorted: vectors (of
/// input and output), groups (of all three), reductions (of input and weights)
/// and outputs (of weights and output).
struct Product {
  mlir::linalg::LinalgOp op;
  mlir::Value input; // behind paddings
  mlir::ElementsAttr weights;
  mlir::SmallVector<int64_t> vectors, groups, reduction, outputs; // sizes
  mlir::AffineMap inputMap;  // (vectors, groups, reduction) -> input
  mlir::AffineMap weightMap; // (groups, reduction, outputs) -> weights
  mlir::AffineMap outputMap; // (vectors, groups, outputs) -> result
};

/// The product that `op` is, or nothing and the reason why crossbars cannot
/// carry it out.
std::optional<Product> matchProduct(mlir::linalg::LinalgOp op,
                                    std::string &reason);

} // namespace garam::analog

#endif // GARAM_LIB_CONVERSION_LINALGTOANALOG_PRODUCT_H
