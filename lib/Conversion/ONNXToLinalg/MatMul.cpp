//===- MatMul.cpp - MatMul and Gemm ---------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MatMul.h"

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

static LogicalResult checkReductionSizes(NodeAccessor &node, int64_t lhs,
                                         int64_t rhs) {
  if (lhs == rhs || ShapedType::isDynamic(lhs) || ShapedType::isDynamic(rhs))
    return success();
  return node.error() << "the sizes that are summed over differ: " << lhs
                      << " of " << node.getInputType(0) << " and " << rhs
                      << " of " << node.getInputType(1);
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

/// linalg.matmul whose maps read the operands transposed as asked.
static Value makeMatmul(ImplicitLocOpBuilder &b, Value lhs, Value rhs,
                        bool transposesLhs, bool transposesRhs) {
  Sizes lhsSizes = getSizes(b, lhs), rhsSizes = getSizes(b, rhs);
  Sizes sizes{lhsSizes[transposesLhs ? 1 : 0], rhsSizes[transposesRhs ? 0 : 1]};
  Type sumType = getAccumulatorType(getElementTypeOrSelf(lhs));
  Value init = makeFilled(b, sizes, getScalarAttr(sumType, 0));
  AffineExpr m, n, k;
  bindDims(b.getContext(), m, n, k);
  auto map = [&](AffineExpr row, AffineExpr column, bool transposes) {
    return AffineMapAttr::get(
        transposes ? AffineMap::get(3, 0, {column, row}, b.getContext())
                   : AffineMap::get(3, 0, {row, column}, b.getContext()));
  };
  auto matmul =
      linalg::MatmulOp::create(b, init.getType(), ValueRange{lhs, rhs}, init);
  if (transposesLhs || transposesRhs)
    matmul.setIndexingMapsAttr(
        b.getArrayAttr({map(m, k, transposesLhs), map(k, n, transposesRhs),
                        map(m, n, false)}));
  return matmul.getResult(0);
}

static LogicalResult lowerGemm(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  if (failed(node.checkRank(0, 2, 2)) || failed(node.checkRank(1, 2, 2)) ||
      failed(node.checkSameElementType(0, 3)))
    return failure();
  bool transposesLhs = node.getInt("transA", 0) != 0;
  bool transposesRhs = node.getInt("transB", 0) != 0;
  double alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  ArrayRef<int64_t> lhs = node.getInputType(0).getShape();
  ArrayRef<int64_t> rhs = node.getInputType(1).getShape();
  if (failed(checkReductionSizes(node, lhs[transposesLhs ? 0 : 1],
                                 rhs[transposesRhs ? 1 : 0])))
    return failure();

  Value sums = makeMatmul(b, node.getInput(0), node.getInput(1), transposesLhs,
                          transposesRhs);
  Type type = node.getElementType();
  Value bias = beta == 0 ? Value() : node.getOptionalInput(2);
  if (alpha == 1 && !bias)
    return node.setOutput(castFloat(b, sums, type));
  SmallVector<Value> operands{sums};
  if (bias)
    operands.push_back(bias);
  Type sumType = getElementTypeOrSelf(sums);
  // alpha and beta of integers are integers, for so ONNX's result is exact.
  auto scale = [&](ImplicitLocOpBuilder &b, Value value,
                   double factor) -> Value {
    if (factor == 1)
      return value;
    Value constant = makeScalar(b, sumType, factor);
    if (isFloat(sumType))
      return arith::MulFOp::create(b, value, constant);
    return arith::MulIOp::create(b, value, constant);
  };
  auto finish = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value sum = scale(b, s[0], alpha);
    if (s.size() > 1) {
      Value addend = s[1];
      if (addend.getType() != sumType)
        addend = arith::ExtFOp::create(b, sumType, addend);
      addend = scale(b, addend, beta);
      sum = isFloat(sumType)
                ? arith::AddFOp::create(b, sum, addend).getResult()
                : arith::AddIOp::create(b, sum, addend).getResult();
    }
    if (sumType == type)
      return sum;
    return arith::TruncFOp::create(b, type, sum);
  };
  FailureOr<Value> result = makeBroadcast(node, operands, type, finish);
  if (failed(result))
    return failure();
  return node.setOutput(*result);
}

//===----------------------------------------------------------------------===//
// MatMul
//===----------------------------------------------------------------------===//

namespace {

/// The loop nest of a MatMul: batch dimensions, then m and n as far as the
/// operands have them, then k.
struct MatMulNest {
  SmallVector<AffineExpr> lhs, rhs, output;
  Sizes sizes;
};

} // namespace

/// Sizes of the batch dimensions, which broadcast as those of an elementwise
/// operation do, and their coordinates in both operands.
static LogicalResult addBatchDims(NodeAccessor &node, MatMulNest &nest) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t lhsBatch = std::max<int64_t>(node.getRank(0) - 2, 0);
  int64_t rhsBatch = std::max<int64_t>(node.getRank(1) - 2, 0);
  int64_t rank = std::max(lhsBatch, rhsBatch);
  Sizes lhsSizes = getSizes(b, node.getInput(0));
  Sizes rhsSizes = getSizes(b, node.getInput(1));
  for (int64_t dim = 0; dim < rank; ++dim) {
    AffineExpr expr = b.getAffineDimExpr(dim);
    int64_t lhsDim = dim - (rank - lhsBatch), rhsDim = dim - (rank - rhsBatch);
    OpFoldResult one = b.getIndexAttr(1);
    OpFoldResult lhsSize = lhsDim < 0 ? one : lhsSizes[lhsDim];
    OpFoldResult rhsSize = rhsDim < 0 ? one : rhsSizes[rhsDim];
    std::optional<int64_t> lhs = getConstantIntValue(lhsSize);
    std::optional<int64_t> rhs = getConstantIntValue(rhsSize);
    if (lhs && rhs && *lhs != *rhs && *lhs != 1 && *rhs != 1)
      return node.error() << "batch dimensions do not broadcast: "
                          << node.getInputType(0) << " and "
                          << node.getInputType(1);
    bool repeatsLhs = lhs == 1 && rhs != 1, repeatsRhs = rhs == 1 && lhs != 1;
    if (lhsDim >= 0)
      nest.lhs.push_back(repeatsLhs ? b.getAffineConstantExpr(0) : expr);
    if (rhsDim >= 0)
      nest.rhs.push_back(repeatsRhs ? b.getAffineConstantExpr(0) : expr);
    nest.output.push_back(expr);
    nest.sizes.push_back(repeatsLhs || !lhs ? rhsSize : lhsSize);
    if (!lhs && rhs == 1)
      nest.sizes.back() = lhsSize;
  }
  return success();
}

FailureOr<Value> makeGenericMatMul(NodeAccessor &node, Type sumType,
                                   UnsignedOperands isUnsigned) {
  ImplicitLocOpBuilder &b = node.b;
  Value lhs = node.getInput(0), rhs = node.getInput(1);
  Sizes lhsSizes = getSizes(b, lhs), rhsSizes = getSizes(b, rhs);
  MatMulNest nest;
  if (failed(addBatchDims(node, nest)))
    return failure();
  if (node.getRank(0) > 1) {
    AffineExpr m = b.getAffineDimExpr(nest.output.size());
    nest.lhs.push_back(m);
    nest.output.push_back(m);
    nest.sizes.push_back(lhsSizes[lhsSizes.size() - 2]);
  }
  AffineExpr n;
  if (node.getRank(1) > 1) {
    n = b.getAffineDimExpr(nest.output.size());
    nest.output.push_back(n);
    nest.sizes.push_back(rhsSizes.back());
  }
  AffineExpr k = b.getAffineDimExpr(nest.output.size());
  nest.lhs.push_back(k);
  nest.rhs.push_back(k);
  if (n)
    nest.rhs.push_back(n);

  Value init = makeFilled(b, nest.sizes, getScalarAttr(sumType, 0));
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(nest.output.size() + 1, 0, coordinates,
                          b.getContext());
  };
  return makeContraction(b, lhs, rhs, init,
                         {map(nest.lhs), map(nest.rhs), map(nest.output)},
                         isUnsigned);
}

static Value makeBatchMatmul(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  Value lhs = node.getInput(0), rhs = node.getInput(1);
  Sizes sizes = getSizes(b, lhs);
  sizes[2] = tensor::getMixedSize(b, b.getLoc(), rhs, 2);
  Type sumType = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, sizes, getScalarAttr(sumType, 0));
  return linalg::BatchMatmulOp::create(b, init.getType(), ValueRange{lhs, rhs},
                                       init)
      .getResult(0);
}

LogicalResult checkMatMul(NodeAccessor &node) {
  if (failed(node.checkRank(0, 1, INT32_MAX)) ||
      failed(node.checkRank(1, 1, INT32_MAX)))
    return failure();
  RankedTensorType lhs = node.getInputType(0), rhs = node.getInputType(1);
  return checkReductionSizes(
      node, lhs.getShape().back(),
      rhs.getDimSize(std::max<int64_t>(rhs.getRank() - 2, 0)));
}

static LogicalResult lowerMatMul(NodeAccessor &node) {
  if (failed(checkMatMul(node)) || failed(node.checkSameElementType(0, 2)))
    return failure();
  RankedTensorType lhs = node.getInputType(0), rhs = node.getInputType(1);
  bool isBatch = lhs.getRank() == 3 && rhs.getRank() == 3 &&
                 lhs.getDimSize(0) == rhs.getDimSize(0);
  FailureOr<Value> sums;
  if (lhs.getRank() == 2 && rhs.getRank() == 2)
    sums = makeMatmul(node.b, node.getInput(0), node.getInput(1), false, false);
  else if (isBatch)
    sums = makeBatchMatmul(node);
  else
    sums = makeGenericMatMul(node, getAccumulatorType(node.getElementType()),
                             UnsignedOperands());
  if (failed(sums))
    return failure();
  return node.setOutput(castFloat(node.b, *sums, node.getElementType()));
}

void registerMatMul(OperatorTable &table) {
  table.add("Gemm", 2, lowerGemm);
  table.add("MatMul", 2, lowerMatMul);
}

} // namespace garam::onnx
