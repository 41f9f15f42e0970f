//===- MatrixVectorConversion.cpp - Matrix-vector products ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LinalgToPIM.h"

#include "garam/Dialect/PIM/IR/FloatElements.h"
#include "garam/Support/RawElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::pim {

namespace {

/// The loops of a product that run more than once, by what they index.
struct ProductLoops {
  SmallVector<int64_t> reduction; // in both operands
  SmallVector<int64_t> column;    // in the weights and the result
  SmallVector<int64_t> row;       // in the vector and the result
  SmallVector<int64_t> batch;     // in all three
};

} // namespace

static ProductLoops classifyLoops(linalg::LinalgOp op, AffineMap vector,
                                  AffineMap weights) {
  ProductLoops loops;
  for (auto [loop, size] : llvm::enumerate(op.getStaticLoopRanges())) {
    if (size == 1)
      continue;
    bool inVector = vector.isFunctionOfDim(loop);
    bool inWeights = weights.isFunctionOfDim(loop);
    bool isReduction = op.getIteratorTypesArray()[loop] ==
                       mlir::utils::IteratorType::reduction;
    SmallVector<int64_t> &kind = isReduction             ? loops.reduction
                                 : inVector && inWeights ? loops.batch
                                 : inWeights             ? loops.column
                                                         : loops.row;
    kind.push_back(loop);
  }
  return loops;
}

static bool isZeroFilled(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.value(), m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

/// The operand, of two, that holds the weights: the constant one.
static OpOperand *findWeights(linalg::LinalgOp op) {
  for (unsigned number : {1, 0})
    if (getConstant(op.getDpsInputs()[number]))
      return op.getDpsInputOperand(number);
  return nullptr;
}

static LogicalResult checkProduct(linalg::LinalgOp op, Obstacle &obstacle) {
  for (Value operand : op->getOperands())
    if (!isFloatTensor(operand.getType()))
      return obstacle.fail("multiplies " + describe(operand.getType()) +
                           ", but needs f32 or f16");
  if (!findWeights(op))
    return obstacle.fail("multiplies two tensors that are computed, but needs "
                         "constant weights, which lie in the banks");
  if (!isZeroFilled(op.getDpsInits()[0]))
    return obstacle.fail("adds to a tensor, but needs a sum that begins at 0");
  return success();
}

LogicalResult convertMatrixVector(IRRewriter &rewriter, linalg::LinalgOp op,
                                  Obstacle &obstacle) {
  if (failed(checkProduct(op, obstacle)))
    return failure();
  OpOperand *weights = findWeights(op);
  OpOperand *vector = op.getDpsInputOperand(1 - weights->getOperandNumber());
  AffineMap weightsMap = op.getMatchingIndexingMap(weights);
  AffineMap vectorMap = op.getMatchingIndexingMap(vector);
  if (!weightsMap.isProjectedPermutation(/*allowZeroInResults=*/true) ||
      !vectorMap.isProjectedPermutation(/*allowZeroInResults=*/true))
    return obstacle.fail("sums over windows, but needs a matrix product");
  ProductLoops loops = classifyLoops(op, vectorMap, weightsMap);
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto getSize = [&](ArrayRef<int64_t> kind) {
    return kind.empty() ? int64_t(1) : ranges[kind.front()];
  };
  if (!loops.row.empty() || !loops.batch.empty())
    return obstacle.fail(
        "multiplies a matrix by a matrix of " +
            Twine(getSize(loops.row.empty() ? loops.batch : loops.row)) +
            " rows, but needs a matrix-vector product",
        "a batch of 1 gives one");
  if (loops.reduction.size() > 1 || loops.column.size() > 1)
    return obstacle.fail("has weights of more than two dimensions, but needs a "
                         "matrix");

  int64_t inputs = getSize(loops.reduction), outputs = getSize(loops.column);
  // The order of the two dimensions in the weights.
  auto getPlace = [&](ArrayRef<int64_t> kind) {
    if (kind.empty())
      return int64_t(-1);
    auto dim = getAffineDimExpr(kind.front(), op.getContext());
    return static_cast<int64_t>(*weightsMap.getResultPosition(dim));
  };
  bool isTransposed = !loops.reduction.empty() && !loops.column.empty() &&
                      getPlace(loops.reduction) > getPlace(loops.column);
  SmallVector<int64_t> shape = {inputs, outputs};
  if (isTransposed)
    std::swap(shape[0], shape[1]);
  ElementsAttr values = getConstant(weights->get());
  ElementsAttr matrix = retypeElements(
      values, RankedTensorType::get(shape, values.getElementType()));
  if (!matrix || !FloatElements::get(matrix))
    return obstacle.fail("has weights that are not at hand");

  rewriter.setInsertionPoint(op);
  Value constant = arith::ConstantOp::create(rewriter, weights->get().getLoc(),
                                             cast<TypedAttr>(matrix));
  auto gemv = GemvOp::create(
      rewriter, op.getLoc(), op->getResult(0).getType(), vector->get(),
      constant, /*bias=*/Value(), isTransposed, llvm::APFloat(1.0f),
      llvm::APFloat(1.0f), /*relu=*/false, GemvPlacementAttr());
  rewriter.replaceOp(op, gemv);
  return success();
}

} // namespace garam::pim
