//===- OrderLoops.cpp - Makes neighbours the innermost loop ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_ORDERREDUCTIONLOOPS
#include "garam/Transforms/Passes.h.inc"

namespace {

struct OrderReductionLoops
    : impl::OrderReductionLoopsBase<OrderReductionLoops> {
  void runOnOperation() override;
};

} // namespace

/// The loop of the output's innermost dimension, when an input has neighbours
/// along it.
static std::optional<unsigned> findInnermost(linalg::GenericOp op) {
  AffineMap output = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (output.getNumResults() == 0 || !output.isProjectedPermutation())
    return std::nullopt;
  unsigned loop = output.getDimPosition(output.getNumResults() - 1);
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (map.getNumResults() != 0 &&
        map.getResult(map.getNumResults() - 1).isFunctionOfDim(loop))
      return loop;
  }
  return std::nullopt;
}

void OrderReductionLoops::runOnOperation() {
  SmallVector<linalg::GenericOp> reductions;
  getOperation().walk([&](linalg::GenericOp op) {
    if (op.getNumReductionLoops() != 0 && op.getNumDpsInits() == 1)
      reductions.push_back(op);
  });
  IRRewriter rewriter(&getContext());
  for (linalg::GenericOp op : reductions) {
    std::optional<unsigned> innermost = findInnermost(op);
    if (!innermost)
      continue;
    SmallVector<unsigned> order;
    for (auto kind :
         {utils::IteratorType::parallel, utils::IteratorType::reduction})
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (loop != *innermost && op.getIteratorTypesArray()[loop] == kind)
          order.push_back(loop);
    order.push_back(*innermost);
    rewriter.setInsertionPoint(op);
    // Fails for what is no permutation only.
    (void)linalg::interchangeGenericOp(rewriter, op, order);
  }
}

} // namespace garam
