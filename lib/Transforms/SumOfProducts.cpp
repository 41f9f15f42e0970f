//===- SumOfProducts.cpp - Contractions by their bodies -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/SumOfProducts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace garam {

bool isSumOfProducts(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1)
    return false;
  Operation *sum =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_present<arith::AddFOp, arith::AddIOp>(sum))
    return false;
  Value accumulator = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  auto isProduct = [](Value value) {
    return isa_and_present<arith::MulFOp, arith::MulIOp>(value.getDefiningOp());
  };
  Value lhs = sum->getOperand(0), rhs = sum->getOperand(1);
  return (lhs == accumulator && isProduct(rhs)) ||
         (rhs == accumulator && isProduct(lhs));
}

} // namespace garam
