//===- Epilogue.cpp - What follows a matrix-vector product ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// The driver, which sums the lanes of each output, also scales it, adds a
// constant and applies a ReLU.
//
//===----------------------------------------------------------------------===//

#include "LinalgToPIM.h"

#include "garam/Transforms/AffineBody.h"

using namespace mlir;

namespace garam::pim {

/// Whether `operand` has an element for each output, along the one dimension of
/// the result that is not 1.
static bool isAlongOutputs(linalg::LinalgOp op, OpOperand *operand,
                           RankedTensorType result) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto type = cast<RankedTensorType>(operand->get().getType());
  if (type.getNumElements() != result.getNumElements() ||
      !map.isProjectedPermutation(/*allowZeroInResults=*/true))
    return false;
  for (auto [size, expr] : llvm::zip_equal(type.getShape(), map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (size != 1 && (!dim || result.getDimSize(dim.getPosition()) != size))
      return false;
  }
  return true;
}

static bool isElementwise(linalg::LinalgOp op) {
  return op.getNumParallelLoops() == op.getNumLoops() &&
         op->getNumResults() == 1 && op.hasPureTensorSemantics() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity();
}

static bool isSingle(double number) {
  return static_cast<double>(static_cast<float>(number)) == number;
}

static llvm::APFloat getSingle(double number) {
  return llvm::APFloat(static_cast<float>(number));
}

/// Whether the driver can do it: a multiple of the sum and of a constant
/// tensor, and a ReLU.
static bool isForDriver(const AffineTerm &term) {
  return term.factor != 0 && !term.offset && isSingle(term.factor) &&
         isSingle(term.tableFactor) && !term.high &&
         term.low.value_or(0) == 0 &&
         (!term.table || getConstant(term.table->get()));
}

FailureOr<GemvOp> foldEpilogue(IRRewriter &rewriter, GemvOp gemv) {
  if (!gemv->hasOneUse() || gemv.getRelu())
    return failure();
  auto op = dyn_cast<linalg::LinalgOp>(*gemv->getUsers().begin());
  if (!op || !isElementwise(op) || !isFloatTensor(op->getResult(0).getType()))
    return failure();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (type.getNumElements() != gemv.getOutputs())
    return failure();
  OpOperand &product = *gemv->getUses().begin();
  AffineTerm sum;
  sum.factor = 1;
  std::optional<AffineTerm> term =
      readAffineBody(op, product, sum, Roundings::AsWritten);
  if (!term || !isForDriver(*term) || !isAlongOutputs(op, &product, type) ||
      (term->table && !isAlongOutputs(op, term->table, type)))
    return failure();
  bool isScaling = term->table || term->factor != 1;
  bool isScaled = gemv.getBias() || !gemv.getAlpha().isExactlyValue(1);
  // One scaling, and not of what is narrow already.
  if (isScaling && (isScaled || gemv.getType().getElementType().isF16()))
    return failure();

  rewriter.setInsertionPoint(op);
  Value bias = term->table ? term->table->get() : gemv.getBias();
  auto folded = GemvOp::create(
      rewriter, rewriter.getFusedLoc({gemv.getLoc(), op.getLoc()}), type,
      gemv.getVector(), gemv.getWeights(), bias, gemv.getTransposed(),
      isScaled ? gemv.getAlpha() : getSingle(term->factor),
      term->table ? getSingle(term->tableFactor) : gemv.getBeta(),
      term->isBounded(), GemvPlacementAttr());
  rewriter.replaceOp(op, folded);
  rewriter.eraseOp(gemv);
  return folded;
}

} // namespace garam::pim
