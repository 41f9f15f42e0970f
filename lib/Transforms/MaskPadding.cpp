//===- MaskPadding.cpp - Sums that leave padding out ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MaskPadding.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam {

/// The number of elements that a run has, an i64 tensor of rank 0.
Value PaddingMasks::makeCount(Location loc, AffineExpr size) {
  auto type = RankedTensorType::get({}, b.getI64Type());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size)) {
    SmallVector<OpFoldResult> at{b.getIndexAttr(symbol.getPosition())},
        one{b.getIndexAttr(1)};
    return tensor::ExtractSliceOp::create(b, loc, type, analysis.getValues(),
                                          at, one, one);
  }
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                            analysis.makeIndex(b, loc, size));
  return tensor::FromElementsOp::create(b, loc, type, number);
}

Value PaddingMasks::make(Location loc, const PaddedLayout &layout) {
  MLIRContext *context = b.getContext();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  auto type = RankedTensorType::get({layout.getMost()}, b.getI64Type());
  AffineMap along = AffineMap::getMultiDimIdentityMap(1, context);
  for (auto [number, factor] : llvm::enumerate(layout.getFactors())) {
    if (factor.isFixed())
      continue;
    inputs.push_back(arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(type, ArrayRef(layout.listPositions(number)))));
    maps.push_back(along);
    inputs.push_back(makeCount(loc, factor.size));
    maps.push_back(AffineMap::get(1, 0, context));
  }
  maps.push_back(along);
  Value init = tensor::EmptyOp::create(b, loc, type.getShape(), b.getI1Type());
  auto body = [](OpBuilder &b, Location loc, ValueRange args) {
    Value counts;
    for (unsigned number = 0; number + 1 < args.size(); number += 2) {
      Value is = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                       args[number], args[number + 1]);
      counts =
          counts ? arith::AndIOp::create(b, loc, counts, is).getResult() : is;
    }
    linalg::YieldOp::create(b, loc, counts);
  };
  return linalg::GenericOp::create(b, loc, init.getType(), inputs, init, maps,
                                   utils::IteratorType::parallel, body)
      .getResult(0);
}

Value PaddingMasks::fill(Location loc, Value tensor,
                         ArrayRef<PaddedLayout> dims, TypedAttr value) {
  auto type = cast<RankedTensorType>(tensor.getType());
  AffineMap all = b.getMultiDimIdentityMap(type.getRank());
  SmallVector<Value> inputs{tensor};
  SmallVector<AffineMap> maps{all};
  for (auto [dim, layout] : llvm::enumerate(dims)) {
    if (layout.isFixed())
      continue;
    inputs.push_back(make(loc, layout));
    maps.push_back(all.getSubMap(unsigned(dim)));
  }
  if (inputs.size() == 1)
    return tensor;
  maps.push_back(all);
  Value init =
      tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
    Value counts = args[1];
    for (Value other : args.slice(2, args.size() - 3))
      counts = arith::AndIOp::create(b, loc, counts, other);
    Value other = arith::ConstantOp::create(b, loc, value);
    linalg::YieldOp::create(
        b, loc,
        arith::SelectOp::create(b, loc, counts, args[0], other).getResult());
  };
  return linalg::GenericOp::create(b, loc, type, inputs, init, maps, loops,
                                   body)
      .getResult(0);
}

/// Of a product's factors: what is 0 in both adds nothing, whatever stands
/// there in memory.
void PaddingMasks::maskFactors(linalg::LinalgOp op,
                               ArrayRef<PaddedLayout> loops) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    SmallVector<PaddedLayout> dims(type.getRank());
    for (auto [dim, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(operand).getResults())) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction)
        dims[dim] = loops[loop];
    }
    operand->set(fill(op.getLoc(), operand->get(), dims,
                      b.getZeroAttr(type.getElementType())));
  }
}

/// The operand of `combiner` that is not `partial`; null when that is none.
static OpOperand *getCombined(Operation *combiner, Value partial) {
  if (!combiner || combiner->getNumOperands() != 2)
    return nullptr;
  for (OpOperand &operand : combiner->getOpOperands())
    if (operand.get() != partial &&
        combiner->getOperand(1 - operand.getOperandNumber()) == partial)
      return &operand;
  return nullptr;
}

/// The body combines the neutral element where a position does not count.
linalg::LinalgOp PaddingMasks::maskBody(linalg::LinalgOp op,
                                        ArrayRef<PaddedLayout> loops,
                                        ArrayRef<unsigned> dims) {
  if (!isa<linalg::GenericOp>(op)) {
    FailureOr<linalg::GenericOp> general = linalg::generalizeNamedOp(b, op);
    if (failed(general))
      return nullptr;
    op = *general;
  }
  Operation *yield = op.getBlock()->getTerminator();
  for (auto [value, partial] :
       llvm::zip_equal(yield->getOperands(), op.getRegionOutputArgs()))
    if (Operation *combiner = value.getDefiningOp();
        !getCombined(combiner, partial) || !arith::getNeutralElement(combiner))
      return nullptr;

  SmallVector<Value> inputs = op.getDpsInputs();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned numInputs = inputs.size();
  for (unsigned dim : dims) {
    maps.insert(maps.begin() + inputs.size(),
                AffineMap::get(op.getNumLoops(), 0, b.getAffineDimExpr(dim)));
    inputs.push_back(make(op.getLoc(), loops[dim]));
  }
  auto masked = linalg::GenericOp::create(b, op.getLoc(), op->getResultTypes(),
                                          inputs, op.getDpsInits(), maps,
                                          op.getIteratorTypesArray());
  masked.getRegion().takeBody(op->getRegion(0));
  Block &body = masked.getRegion().front();
  Value counts;
  b.setInsertionPointToStart(&body);
  for (unsigned number = 0; number < dims.size(); ++number) {
    Value is =
        body.insertArgument(numInputs + number, b.getI1Type(), op.getLoc());
    counts = counts ? arith::AndIOp::create(b, op.getLoc(), counts, is) : is;
  }
  for (auto [value, partial] : llvm::zip_equal(
           body.getTerminator()->getOperands(), masked.getRegionOutputArgs())) {
    Operation *combiner = value.getDefiningOp();
    OpOperand *combined = getCombined(combiner, partial);
    b.setInsertionPoint(combiner);
    Value neutral = arith::ConstantOp::create(
        b, op.getLoc(), *arith::getNeutralElement(combiner));
    combined->set(arith::SelectOp::create(b, op.getLoc(), counts,
                                          combined->get(), neutral));
  }
  b.setInsertionPoint(masked);
  b.eraseOp(op);
  return cast<linalg::LinalgOp>(masked.getOperation());
}

linalg::LinalgOp PaddingMasks::maskReductions(linalg::LinalgOp op,
                                              ArrayRef<PaddedLayout> loops) {
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  llvm::erase_if(dims, [&](unsigned dim) { return loops[dim].isFixed(); });
  if (dims.empty())
    return op;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  if (!linalg::isaContractionOpInterface(op))
    return maskBody(op, loops, dims);
  maskFactors(op, loops);
  return op;
}

} // namespace garam
