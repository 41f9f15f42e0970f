//===- LinalgToPIM.h - Parts of the conversion ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOPIM_LINALGTOPIM_H
#define GARAM_LIB_CONVERSION_LINALGTOPIM_LINALGTOPIM_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace garam::pim {

/// Why an operation is not converted, and what may help; both may be empty.
struct Obstacle {
  std::string reason, hint;

  mlir::LogicalResult fail(const llvm::Twine &why,
                           const llvm::Twine &help = "") {
    reason = why.str();
    hint = help.str();
    return mlir::failure();
  }
};

/// Whether elements of `type` can be brought to fp16 and back: f16 and f32.
bool isFloatTensor(mlir::Type type);

/// The type as it is printed.
std::string describe(mlir::Type type);

/// Replaces a sum of products by `pim.gemv`.
mlir::LogicalResult convertMatrixVector(mlir::IRRewriter &rewriter,
                                        mlir::linalg::LinalgOp op,
                                        Obstacle &obstacle);

/// Folds the only user of `gemv`, an elementwise operation, into it, and gives
/// the new product; fails when it cannot carry it out.
mlir::FailureOr<GemvOp> foldEpilogue(mlir::IRRewriter &rewriter, GemvOp gemv);

/// Replaces an elementwise operation by `pim.elementwise`.
mlir::LogicalResult convertElementwise(mlir::IRRewriter &rewriter,
                                       mlir::linalg::LinalgOp op,
                                       Obstacle &obstacle);

} // namespace garam::pim

#endif // GARAM_LIB_CONVERSION_LINALGTOPIM_LINALGTOPIM_H
