//===- MaskReductions.cpp - Sums of what counts of a buffer ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MaskReductions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam {

linalg::LinalgOp maskReductions(RewriterBase &b, linalg::LinalgOp op,
                                ArrayRef<Value> counts) {
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  llvm::erase_if(dims, [&](unsigned dim) { return !counts[dim]; });
  if (dims.empty())
    return op;
  // The name of an operation says what its body is.
  if (!isa<linalg::GenericOp>(op))
    op = *linalg::generalizeNamedOp(b, op);
  Operation *yield = op.getBlock()->getTerminator();
  for (unsigned dim : dims) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(yield);
    Location loc = op.getLoc();
    Value index = linalg::IndexOp::create(b, loc, dim);
    Value isCounted = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                            index, counts[dim]);
    for (auto [operand, old] :
         llvm::zip_equal(yield->getOpOperands(), op.getRegionOutputArgs()))
      operand.set(
          arith::SelectOp::create(b, loc, isCounted, operand.get(), old));
  }
  return op;
}

} // namespace garam
