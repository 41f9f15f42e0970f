//===- PadSizes.cpp - Sizes of run time in tensors of the greatest --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// For devices whose programs have fixed sizes. What is computed element by
// element is computed of all that there is room for; where elements are
// combined, those that do not count are left out.
//
//===----------------------------------------------------------------------===//

#include "SizePadder.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_PADSIZES
#include "garam/Transforms/Passes.h.inc"

static bool usesPadded(Operation &op) {
  return op
      .walk([&](Operation *inner) {
        return llvm::any_of(inner->getOperands(), isOfRunTime) ||
                       llvm::any_of(inner->getResults(), isOfRunTime)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// A tensor of fixed sizes is its own buffer.
PaddedTensor SizePadder::get(Value value) const {
  auto known = padded.find(value);
  if (known != padded.end())
    return known->second;
  PaddedTensor tensor{value, {}};
  for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
    tensor.dims.emplace_back(getAffineConstantExpr(size, b.getContext()), size);
  return tensor;
}

LogicalResult SizePadder::refuse(Operation *op, StringRef why) {
  return emitRefusal({op, why,
                      "bind the dimension with --dim NAME=SIZE, or compile for "
                      "a host alone"});
}

void SizePadder::replace(Value value, Value buffer,
                         SmallVector<PaddedLayout> dims) {
  replaced.insert(value.getDefiningOp());
  if (!isOfRunTime(value))
    return value.replaceAllUsesWith(buffer);
  padded[value] = {buffer, std::move(dims)};
}

void SizePadder::visitDim(tensor::DimOp op) {
  std::optional<int64_t> number = op.getConstantIndex();
  if (!number)
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  b.replaceOp(op,
              analysis.makeIndex(b, op.getLoc(),
                                 analysis.getSizes(op.getSource())[*number]));
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

LogicalResult SizePadder::visitInput(ext::TakeFrontOp op) {
  auto argument = dyn_cast<BlockArgument>(op.getSource());
  if (!argument)
    return refuse(op, noPaddedForm);
  SmallVector<PaddedLayout> dims;
  for (auto [size, most] : llvm::zip_equal(analysis.getSizes(op.getResult()),
                                           op.getSource().getType().getShape()))
    dims.emplace_back(size, most);
  function.setArgAttr(argument.getArgNumber(), paddedAttrName, b.getUnitAttr());
  replace(op.getResult(), argument, std::move(dims));
  return success();
}

/// The result with the sizes of an output whose dimensions have names of
/// symbols goes: a run knows those.
void SizePadder::dropSizes(ext::PlaceFrontOp op) {
  OpOperand &use = *op->use_begin();
  Operation *terminator = use.getOwner();
  unsigned number = use.getOperandNumber();
  auto name = function.getResultAttrOfType<StringAttr>(number, sizedAttrName);
  bool isKnown =
      llvm::all_of(analysis.getSizes(op.getSource()),
                   llvm::IsaPred<AffineConstantExpr, AffineSymbolExpr>);
  if (!name || !isKnown)
    return;
  function.removeResultAttr(number, b.getStringAttr(sizedAttrName));
  for (unsigned other = 0; other < function.getNumResults(); ++other)
    if (function.getResultAttr(other, valueNameAttrName) == name) {
      (void)function.eraseResult(other);
      terminator->eraseOperand(other);
      return;
    }
}

LogicalResult SizePadder::visitOutput(ext::PlaceFrontOp op) {
  PaddedTensor source = get(op.getSource());
  if (!llvm::all_of(source.dims, [](const PaddedLayout &layout) {
        return layout.isFront();
      }))
    return refuse(op, joinedInside);
  Value buffer = source.buffer;
  if (isa<BlockArgument>(buffer)) { // which no program would yield
    Value init = tensor::EmptyOp::create(
        b, op.getLoc(), op.getType().getShape(), op.getType().getElementType());
    buffer = linalg::CopyOp::create(b, op.getLoc(), buffer, init).getResult(0);
  }
  function.setResultAttr(op->use_begin()->getOperandNumber(), paddedAttrName,
                         b.getUnitAttr());
  dropSizes(op);
  replace(op.getResult(), buffer, {});
  return success();
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

LogicalResult SizePadder::visitEmpty(tensor::EmptyOp op) {
  RankedTensorType type = analysis.getLargestType(op);
  SmallVector<PaddedLayout> dims;
  for (auto [size, most] :
       llvm::zip_equal(analysis.getSizes(op), type.getShape()))
    dims.emplace_back(size, most);
  replace(op,
          tensor::EmptyOp::create(b, op.getLoc(), type.getShape(),
                                  type.getElementType()),
          std::move(dims));
  return success();
}

/// What reads single elements reads them from the buffers.
LogicalResult SizePadder::visitBody(Operation &op) {
  SmallVector<tensor::DimOp> dims;
  WalkResult result = op.walk([&](Operation *inner) {
    if (inner == &op)
      return WalkResult::advance();
    for (OpOperand &operand : inner->getOpOperands()) {
      if (!isOfRunTime(operand.get()))
        continue;
      if (auto dim = dyn_cast<tensor::DimOp>(inner)) {
        dims.push_back(dim);
        continue;
      }
      PaddedTensor source = get(operand.get());
      if (!isa<tensor::ExtractOp>(inner) ||
          llvm::any_of(source.dims, hasInnerPadding)) {
        (void)refuse(&op, noPaddedForm);
        return WalkResult::interrupt();
      }
      operand.set(source.buffer);
    }
    return WalkResult::advance();
  });
  for (tensor::DimOp dim : dims)
    visitDim(dim);
  return failure(result.wasInterrupted());
}

/// `init`, an empty tensor or one that a number fills, laid out as the loops of
/// `map` are whose layouts are known; as it is where it is no such tensor.
PaddedTensor SizePadder::layOut(Value init, AffineMap map,
                                ArrayRef<std::optional<PaddedLayout>> loops) {
  PaddedTensor known = get(init);
  auto fill = init.getDefiningOp<linalg::FillOp>();
  Value empty = fill ? fill.output() : init;
  if (!isOfRunTime(init) || !empty.getDefiningOp<tensor::EmptyOp>())
    return known;
  for (auto [layout, expr] : llvm::zip_equal(known.dims, map.getResults()))
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      layout = loops[loop.getPosition()].value_or(layout);
  known.buffer = tensor::EmptyOp::create(b, init.getLoc(), listMost(known.dims),
                                         getElementTypeOrSelf(init.getType()));
  if (fill)
    known.buffer =
        linalg::FillOp::create(b, init.getLoc(), fill.value(), known.buffer)
            .getResult(0);
  return known;
}

LogicalResult SizePadder::visitStructured(linalg::LinalgOp op) {
  SmallVector<std::optional<PaddedLayout>> loops(op.getNumLoops());
  SmallVector<Value> operands;
  SmallVector<SmallVector<PaddedLayout>> results;
  for (OpOperand &operand : op->getOpOperands()) { // inputs come first
    operands.push_back(operand.get());
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    PaddedTensor known = op.isDpsInit(&operand)
                             ? layOut(operand.get(), map, loops)
                             : get(operand.get());
    operands.back() = known.buffer;
    if (op.isDpsInit(&operand))
      results.push_back(known.dims);
    for (auto [layout, expr] : llvm::zip_equal(known.dims, map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop && hasInnerPadding(layout))
        return refuse(op, joinedInside);
      if (!loop)
        continue;
      std::optional<PaddedLayout> &other = loops[loop.getPosition()];
      if (other && !(*other == layout))
        return refuse(op, joinedInside);
      other = layout;
    }
  }
  SmallVector<PaddedLayout> layouts;
  for (const std::optional<PaddedLayout> &layout : loops)
    layouts.push_back(layout.value_or(PaddedLayout()));
  if (op.hasIndexSemantics() && llvm::any_of(layouts, hasInnerPadding))
    return refuse(op, joinedInside);
  SmallVector<Type> types;
  for (OpOperand &init : op.getDpsInitsMutable())
    types.push_back(operands[init.getOperandNumber()].getType());
  auto whole = cast<linalg::LinalgOp>(clone(b, op, types, operands));
  if (failed(visitBody(*whole.getOperation())))
    return failure();
  whole = masks.maskReductions(whole, layouts);
  if (!whole)
    return refuse(op, "it combines elements along a dimension of a size of run "
                      "time in a way that no padding leaves as it is");
  for (auto [result, buffer, dims] :
       llvm::zip_equal(op->getResults(), whole->getResults(), results))
    replace(result, buffer, std::move(dims));
  return success();
}

/// Indices behind those that count are clamped as all are.
LogicalResult SizePadder::visitGather(ext::GatherOp op) {
  PaddedTensor input = get(op.getInput()), indices = get(op.getIndices());
  SmallVector<PaddedLayout> dims = input.dims;
  // A negative index counts from an end that is not that of the buffer.
  if (!dims[op.getAxis()].isFixed())
    return refuse(op, "it chooses along a dimension of a size of run time");
  dims.erase(dims.begin() + op.getAxis());
  dims.insert(dims.begin() + op.getAxis(), indices.dims.begin(),
              indices.dims.end());
  replace(op,
          ext::GatherOp::create(b, op.getLoc(), input.buffer, indices.buffer,
                                op.getAxis()),
          std::move(dims));
  return success();
}

/// Of an operation whose result has the shape of its first operand.
LogicalResult SizePadder::visitElementwise(Operation *op) {
  PaddedTensor input = get(op->getOperand(0));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  IRMapping buffers;
  for (Value operand : op->getOperands())
    if (isOfRunTime(operand))
      buffers.map(operand, get(operand).buffer);
  Operation *whole = b.clone(*op, buffers);
  whole->getResult(0).setType(type.clone(listMost(input.dims)));
  replace(op->getResult(0), whole->getResult(0), std::move(input.dims));
  return success();
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// Whether an operation uses a tensor of an operation that was refused.
bool SizePadder::usesRefused(Operation &op) const {
  return op
      .walk([&](Operation *inner) {
        return llvm::any_of(inner->getOperands(),
                            [&](Value value) {
                              return isOfRunTime(value) &&
                                     value.getParentBlock() == op.getBlock() &&
                                     !padded.contains(value);
                            })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult SizePadder::visit(Operation &op) {
  if (!usesPadded(op))
    return success();
  if (usesRefused(op))
    return failure(); // which is told
  b.setInsertionPoint(&op);
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tensor::DimOp inner) { return visitDim(inner), success(); })
      .Case([&](ext::TakeFrontOp inner) { return visitInput(inner); })
      .Case([&](ext::PlaceFrontOp inner) { return visitOutput(inner); })
      .Case([&](tensor::EmptyOp inner) { return visitEmpty(inner); })
      .Case([&](linalg::LinalgOp inner) { return visitStructured(inner); })
      .Case([&](ext::GatherOp inner) { return visitGather(inner); })
      .Case<ext::QuantizeOp, ext::DequantizeOp>(
          [&](auto inner) { return visitElementwise(inner); })
      .Case([&](tensor::ExpandShapeOp inner) { return visitExpansion(inner); })
      .Case([&](tensor::CollapseShapeOp inner) { return visitCollapse(inner); })
      .Case([&](tensor::ReshapeOp inner) { return visitReshape(inner); })
      .Case([&](tensor::ExtractSliceOp inner) { return visitSlice(inner); })
      .Case([&](tensor::PadOp inner) { return visitPad(inner); })
      .Case([&](tensor::ConcatOp inner) { return visitConcat(inner); })
      .Case([&](tensor::CastOp inner) { return visitCast(inner); })
      .Default([&](Operation *inner) { return refuse(inner, noPaddedForm); });
}

LogicalResult SizePadder::run() {
  if (!analysis.hasSymbols())
    return success();
  if (failed(analysis.run()))
    return failure();
  bool isKnown = true;
  for (Operation &op : llvm::make_early_inc_range(function.front()))
    isKnown &= succeeded(visit(op));
  if (!isKnown)
    return failure();
  for (Operation *op : llvm::reverse(replaced))
    if (op->use_empty())
      b.eraseOp(op);
  return success();
}

namespace {

struct PadSizes : impl::PadSizesBase<PadSizes> {
  void runOnOperation() override {
    if (!getOperation().isExternal() &&
        failed(SizePadder(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace garam
