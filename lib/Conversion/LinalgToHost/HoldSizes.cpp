//===- HoldSizes.cpp - Buffers for tensors of sizes of run time ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"

#include "Support.h"
#include "garam/Transforms/MostIterations.h"
#include "garam/Transforms/SizeAnalysis.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTHOLDSIZES
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace host {

/// Places a result of a size of run time in a buffer of its greatest one, whose
/// front others take.
static LogicalResult holdResult(SizeAnalysis &analysis, OpResult result) {
  auto type = cast<RankedTensorType>(result.getType());
  RankedTensorType buffer = analysis.getLargestType(result);
  Operation *op = result.getOwner();
  if (!buffer)
    return emitRefusal({op,
                        "it makes a tensor with more elements than can be "
                        "counted",
                        "give the dimensions lower bounds"});
  bool isPlaced =
      result.hasOneUse() && isa<ext::PlaceFrontOp>(*result.user_begin());
  if (isPlaced)
    return success();
  OpBuilder builder(op);
  Location loc = op->getLoc();
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(analysis.getSizes(result)))
    if (type.isDynamicDim(dim))
      sizes.push_back(analysis.makeIndex(builder, loc, size));
  builder.setInsertionPointAfter(op);
  auto place = ext::PlaceFrontOp::create(builder, loc, buffer, result, sizes);
  auto take = ext::TakeFrontOp::create(builder, loc, type, place, sizes);
  result.replaceAllUsesExcept(take, place);
  return success();
}

/// `base` with other sizes.
static Value makeView(OpBuilder &builder, Location loc, Value base,
                      RankedTensorType type, ValueRange sizes) {
  if (auto fill = base.getDefiningOp<linalg::FillOp>()) {
    Value empty = makeView(builder, loc, fill.output(), type, sizes);
    return linalg::FillOp::create(builder, loc, fill.value(), empty)
        .getResult(0);
  }
  if (base.getDefiningOp<tensor::EmptyOp>())
    return tensor::EmptyOp::create(builder, loc, type, sizes);
  if (auto front = base.getDefiningOp<ext::TakeFrontOp>())
    base = front.getSource();
  return ext::TakeFrontOp::create(builder, loc, type, base, sizes);
}

/// Views of tensors of sizes of run time become fronts of the same buffers,
/// whatever their shapes.
static void viewBuffers(func::FuncOp function, SizeAnalysis &analysis) {
  for (Operation &op : llvm::make_early_inc_range(function.front())) {
    if (!isView(&op))
      continue;
    Value base = getBase(op.getResult(0));
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    bool isOfRunTime = !type.hasStaticShape() ||
                       !cast<ShapedType>(base.getType()).hasStaticShape();
    if (!isOfRunTime)
      continue;
    OpBuilder builder(&op);
    SmallVector<Value> sizes;
    for (auto [dim, size] : llvm::enumerate(analysis.getSizes(op.getResult(0))))
      if (type.isDynamicDim(dim))
        sizes.push_back(analysis.makeIndex(builder, op.getLoc(), size));
    op.getResult(0).replaceAllUsesWith(
        makeView(builder, op.getLoc(), base, type, sizes));
    op.erase();
  }
}

/// Sizes of run time become arithmetic on the symbols, which every kernel that
/// needs one does for itself, also in loops.
static void computeSizes(func::FuncOp function, SizeAnalysis &analysis) {
  Block &body = function.front();
  function.walk([&](Operation *op) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op);
        structured &&
        ShapedType::isDynamicShape(structured.getStaticLoopRanges()))
      op->setAttr(
          mostIterationsAttrName,
          DenseI64ArrayAttr::get(op->getContext(),
                                 analysis.getMostIterations(structured)));
    auto dim = dyn_cast<tensor::DimOp>(op);
    AffineExpr size = dim ? analysis.getExpr(dim.getResult()) : AffineExpr();
    if (!size)
      return;
    OpBuilder builder(body.findAncestorOpInBlock(*op));
    dim.replaceAllUsesWith(analysis.makeIndex(builder, dim.getLoc(), size));
    dim.erase();
  });
}

/// Places what has a size of run time in buffers of the greatest ones.
static LogicalResult holdSizes(func::FuncOp function, SizeAnalysis &analysis) {
  if (failed(analysis.run()))
    return failure();
  computeSizes(function, analysis);
  CheapOperations cheap;
  SmallVector<OpResult> held;
  bool isHeld = true;
  for (Operation &op : function.front()) {
    if (cheap.contains(&op) || isView(&op) || isPartOfInsertion(&op))
      continue;
    for (OpResult result : op.getResults())
      if (auto type = dyn_cast<RankedTensorType>(result.getType());
          type && !type.hasStaticShape())
        held.push_back(result);
  }
  for (OpResult result : held)
    isHeld &= succeeded(holdResult(analysis, result));
  if (!isHeld)
    return failure();
  viewBuffers(function, analysis);
  eraseDead(function);
  return success();
}

} // namespace host

namespace {

struct HostHoldSizes : impl::HostHoldSizesBase<HostHoldSizes> {
  void runOnOperation() override {
    SizeAnalysis analysis(getOperation());
    if (analysis.hasSymbols() &&
        failed(host::holdSizes(getOperation(), analysis)))
      signalPassFailure();
  }
};

} // namespace

} // namespace garam
