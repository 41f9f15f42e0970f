//===- ElementwiseConversion.cpp - Additions, products and ReLUs ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LinalgToPIM.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::pim {

namespace {

/// An elementwise function and what it reads: block arguments or scalars.
struct Function {
  ElementwiseKind kind = ElementwiseKind::add;
  SmallVector<Value, 2> operands;
};

} // namespace

static std::optional<Function> readFunction(linalg::LinalgOp op) {
  Block &body = *op.getBlock();
  auto yield = cast<linalg::YieldOp>(body.getTerminator());
  Operation *definition = yield.getOperand(0).getDefiningOp();
  if (!definition || definition->getBlock() != &body || body.empty() ||
      !llvm::hasNItems(body, 2) || definition->getNumOperands() != 2)
    return std::nullopt;
  Value lhs = definition->getOperand(0), rhs = definition->getOperand(1);
  if (isa<arith::AddFOp>(definition))
    return Function{ElementwiseKind::add, {lhs, rhs}};
  if (isa<arith::MulFOp>(definition))
    return Function{ElementwiseKind::mul, {lhs, rhs}};
  if (!isa<arith::MaximumFOp, arith::MaxNumFOp>(definition))
    return std::nullopt;
  if (matchPattern(lhs, m_AnyZeroFloat()))
    std::swap(lhs, rhs);
  if (!matchPattern(rhs, m_AnyZeroFloat()))
    return std::nullopt;
  return Function{ElementwiseKind::relu, {lhs}};
}

/// A scalar of the body as a tensor without dimensions.
static Value makeScalar(IRRewriter &rewriter, mlir::Location loc, Value scalar,
                        Type elementType) {
  FloatAttr attr;
  if (!matchPattern(scalar, m_Constant(&attr)))
    return nullptr;
  auto type = RankedTensorType::get({}, elementType);
  return arith::ConstantOp::create(rewriter, loc,
                                   DenseElementsAttr::get(type, attr));
}

LogicalResult convertElementwise(IRRewriter &rewriter, linalg::LinalgOp op,
                                 Obstacle &obstacle) {
  if (op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return obstacle.fail("is neither a matrix-vector product nor elementwise");
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  for (Value operand : op->getOperands())
    if (!isFloatTensor(operand.getType()) && !operand.getType().isF32() &&
        !operand.getType().isF16())
      return obstacle.fail("works on " + describe(operand.getType()) +
                           ", but needs f32 or f16");
  std::optional<Function> function = readFunction(op);
  if (!function)
    return obstacle.fail("computes something else than one addition, product "
                         "or ReLU");
  rewriter.setInsertionPoint(op);
  SmallVector<Value> operands;
  SmallVector<Attribute> maps;
  for (Value value : function->operands) {
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != op.getBlock()) {
      Value scalar =
          makeScalar(rewriter, op.getLoc(), value, type.getElementType());
      if (!scalar)
        return obstacle.fail("reads a scalar that is no constant");
      operands.push_back(scalar);
      maps.push_back(AffineMapAttr::get(
          AffineMap::get(type.getRank(), 0, op.getContext())));
      continue;
    }
    OpOperand *operand = op.getMatchingOpOperand(argument);
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (op.isDpsInit(operand) || !isFloatTensor(operand->get().getType()) ||
        !map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return obstacle.fail("reads an operand in another way than by dimensions "
                           "of the result");
    operands.push_back(operand->get());
    maps.push_back(AffineMapAttr::get(map));
  }
  auto kernel = ElementwiseOp::create(
      rewriter, op.getLoc(), type, function->kind, operands,
      rewriter.getArrayAttr(maps), ElementwisePlacementAttr());
  rewriter.replaceOp(op, kernel);
  return success();
}

} // namespace garam::pim
