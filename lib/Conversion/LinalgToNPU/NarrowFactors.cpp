//===- NarrowFactors.cpp - Factors that were 8-bit floats -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NarrowFactors.h"

#include "Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace garam::npu {

namespace {

/// yield extf(narrow), or extf(narrow) * scale.
struct Widening {
  BlockArgument narrow;
  Value scale; // null where there is none
};

} // namespace

static BlockArgument matchExtension(Value value) {
  auto extension = value.getDefiningOp<arith::ExtFOp>();
  return extension ? dyn_cast<BlockArgument>(extension.getIn())
                   : BlockArgument();
}

static std::optional<Widening> matchWidening(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      !getElementTypeOrSelf(op->getResult(0)).isF32())
    return std::nullopt;
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  if (BlockArgument narrow = matchExtension(yielded))
    return Widening{narrow, Value()};
  auto product = yielded.getDefiningOp<arith::MulFOp>();
  if (!product)
    return std::nullopt;
  for (auto [value, scale] : {std::pair(product.getLhs(), product.getRhs()),
                              std::pair(product.getRhs(), product.getLhs())})
    if (BlockArgument narrow = matchExtension(value))
      return Widening{narrow, scale};
  return std::nullopt;
}

/// Adds the scale to `factor`, whose coordinates are still those of the result
/// of `op`.
static LogicalResult addScale(NarrowFactor &factor, linalg::LinalgOp op,
                              Value scale) {
  AffineMap map;
  if (auto argument = dyn_cast<BlockArgument>(scale);
      argument && argument.getOwner() == op.getBlock()) {
    OpOperand *operand = op.getMatchingOpOperand(argument);
    map = op.getMatchingIndexingMap(operand);
    scale = operand->get();
  }
  std::optional<SmallVector<double>> values = readConstant(scale);
  if (!values || values->empty() ||
      !llvm::all_of(*values, [](double value) { return std::isfinite(value); }))
    return failure();
  if (llvm::all_equal(*values))
    values->truncate(1);
  factor.scale = std::move(*values);
  if (factor.scale.size() == 1)
    return success();
  if (map.getNumResults() != 1)
    return failure();
  auto dim = dyn_cast<AffineDimExpr>(map.getResult(0));
  if (!dim || factor.access.padding[dim.getPosition()])
    return failure();
  factor.channel = factor.access.coordinates[dim.getPosition()];
  return success();
}

std::optional<NarrowFactor> findNarrowFactor(const Access &access) {
  NarrowFactor factor{access, {1.0}, {}};
  foldMovement(factor.access);
  auto op = factor.access.source.getDefiningOp<linalg::LinalgOp>();
  std::optional<Widening> widening =
      op ? matchWidening(op) : std::optional<Widening>();
  // Of fills, only zero is the same before and behind.
  if (!widening || (factor.access.hasPadding() && factor.access.fill != 0.0))
    return std::nullopt;
  OpOperand *narrow = op.getMatchingOpOperand(widening->narrow);
  if (!op.getMatchingIndexingMap(narrow).isIdentity() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      (widening->scale && failed(addScale(factor, op, widening->scale))))
    return std::nullopt;
  factor.access.locations.push_back(op.getLoc());
  factor.access.source = narrow->get();
  foldMovement(factor.access);
  return factor;
}

} // namespace garam::npu
