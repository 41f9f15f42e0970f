//===- BoundSizes.cpp - Buffers for sizes that show at run time -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A tensor whose size a counter says, a number that is computed, lies at the
// beginning of a tensor of fixed size. What is computed element by element is
// computed of all of it: what lies behind does not count. Where elements are
// combined, those behind are left out.
//
//===----------------------------------------------------------------------===//

#include "MaskReductions.h"
#include "SizeBounder.h"
#include "garam/Support/CountedSizes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_BOUNDSIZES
#include "garam/Transforms/Passes.h.inc"

const Bounded *SizeBounder::find(Value value) {
  auto known = bounded.find(value);
  return known == bounded.end() ? nullptr : &known->second;
}

/// Also of a tensor that is not bounded, with null for sizes of other kinds.
Bounded SizeBounder::get(Value value) {
  if (const Bounded *known = find(value))
    return *known;
  Bounded plain{value, {}};
  for (int64_t size : plain.getType().getShape())
    plain.sizes.push_back(
        ShapedType::isDynamic(size) ? AffineExpr() : counts.getConstant(size));
  return plain;
}

bool SizeBounder::usesBounded(Operation &op) {
  return op
      .walk([&](Operation *inner) {
        return llvm::any_of(inner->getOperands(),
                            [&](Value value) { return find(value); })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult SizeBounder::refuse(Operation *op, StringRef why) {
  return emitRefusal({op, why, "cut or pad the tensor to a fixed size before"});
}

void SizeBounder::replace(Value value, Value buffer,
                          ArrayRef<AffineExpr> sizes) {
  replaced.insert(value.getDefiningOp());
  if (value.getType() == buffer.getType())
    return value.replaceAllUsesWith(buffer);
  bounded[value] = {buffer, llvm::to_vector(sizes)};
}

/// Makes `value`, a state of a loop or what is made of one, its own buffer.
void SizeBounder::keepInPlace(Value value, const Bounded &known) {
  value.setType(known.buffer.getType());
  bounded[value] = {value, known.sizes};
}

LogicalResult SizeBounder::visitStructured(linalg::LinalgOp op) {
  SizeExprs loops(op.getNumLoops());
  SmallVector<bool> isSet(op.getNumLoops());
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    operands.push_back(operand.get());
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    Bounded known = get(operand.get());
    operands.back() = known.buffer;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop) {
        if (known.isCounted(dim))
          return refuse(op);
        continue;
      }
      // One of two sizes may be 1 in a run, where the model broadcasts.
      unsigned number = loop.getPosition();
      if (isSet[number] && loops[number] != known.sizes[dim])
        return refuse(op, "a size of one of its tensors shows only at run "
                          "time and need not be that of the others");
      isSet[number] = true;
      loops[number] = known.sizes[dim];
    }
  }
  SmallVector<Type> types;
  for (OpOperand &init : op.getDpsInitsMutable())
    if (Type type = operands[init.getOperandNumber()].getType();
        isa<RankedTensorType>(type))
      types.push_back(type);
  auto whole = cast<linalg::LinalgOp>(clone(b, op, types, operands));
  if (failed(visitElements(*whole.getOperation())))
    return failure();
  SmallVector<Value> counted(loops.size());
  for (auto [count, size] : llvm::zip_equal(counted, loops))
    if (size && !isa<AffineConstantExpr>(size)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(whole);
      count = counts.makeIndex(b, op.getLoc(), size);
    }
  whole = maskReductions(b, whole, counted);
  for (auto [result, buffer, init] : llvm::zip_equal(
           op->getResults(), whole->getResults(), op.getDpsInitsMutable())) {
    SizeExprs sizes = get(init.get()).sizes;
    replace(result, buffer, sizes);
  }
  return success();
}

/// Indices behind those that count are clamped as all are.
LogicalResult SizeBounder::visitGather(ext::GatherOp op) {
  Bounded input = get(op.getInput()), indices = get(op.getIndices());
  int64_t axis = op.getAxis(), numIndices = indices.sizes.size();
  Location loc = op.getLoc();
  SizeExprs sizes = input.sizes;
  sizes.erase(sizes.begin() + axis);
  sizes.insert(sizes.begin() + axis, indices.sizes.begin(),
               indices.sizes.end());
  if (!input.isCounted(axis)) {
    replace(op,
            ext::GatherOp::create(b, loc, input.buffer, indices.buffer, axis),
            sizes);
    return success();
  }
  // A negative index counts from the end of what counts.
  RankedTensorType type =
      llvm::is_contained(sizes, AffineExpr())
          ? RankedTensorType()
          : getBufferType(input.getType().getElementType(), sizes);
  if (!type)
    return refuse(op);
  Value count = counts.makeIndex(b, loc, input.sizes[axis]);
  auto read = [&](OpBuilder &nested, ValueRange position) {
    Value zero = arith::ConstantIndexOp::create(nested, loc, 0);
    Value index = tensor::ExtractOp::create(nested, loc, indices.buffer,
                                            position.slice(axis, numIndices));
    index =
        arith::IndexCastOp::create(nested, loc, nested.getIndexType(), index);
    Value isNegative = arith::CmpIOp::create(
        nested, loc, arith::CmpIPredicate::slt, index, zero);
    Value wrapped = arith::AddIOp::create(nested, loc, index, count);
    SmallVector<Value> from(position.take_front(axis));
    from.push_back(
        arith::SelectOp::create(nested, loc, isNegative, wrapped, index));
    llvm::append_range(from, position.drop_front(axis + numIndices));
    return from;
  };
  replace(op, makeRead(loc, input.buffer, type, read), sizes);
  return success();
}

/// Scales are one, or along a dimension of a fixed size.
LogicalResult SizeBounder::visitQuantization(Operation *op, Value scale,
                                             int64_t axis) {
  Bounded input = get(op->getOperand(0));
  auto scaleType = cast<RankedTensorType>(scale.getType());
  bool isOne = scaleType.getRank() == 0;
  if (llvm::any_of(op->getOperands().drop_front(),
                   [&](Value operand) { return find(operand); }) ||
      (!isOne && (input.isCounted(axis) || scaleType.getRank() > 1)))
    return refuse(op);
  SmallVector<Value> operands(op->getOperands());
  operands.front() = input.buffer;
  Type type = input.getType().clone(getElementTypeOrSelf(op->getResult(0)));
  replace(op->getResult(0), clone(b, op, type, operands)->getResult(0),
          input.sizes);
  return success();
}

/// States in buffers keep their sizes from step to step.
LogicalResult SizeBounder::visitLoop(scf::ForOp op) {
  for (auto [state, init] :
       llvm::zip_equal(op.getRegionIterArgs(), op.getInitArgsMutable()))
    if (const Bounded *known = find(init.get())) {
      Bounded copy = *known;
      init.set(copy.buffer);
      keepInPlace(state, copy);
    }
  if (failed(visitBlock(*op.getBody())))
    return failure();
  auto yield = cast<scf::YieldOp>(op.getBody()->getTerminator());
  for (auto [state, next, result] : llvm::zip_equal(
           op.getRegionIterArgs(), yield->getOpOperands(), op.getResults())) {
    const Bounded *known = find(state), *after = find(next.get());
    if (!known && !after)
      continue;
    if (!known || !after || known->sizes != after->sizes)
      return refuse(op);
    next.set(after->buffer);
    Bounded copy = *known;
    keepInPlace(result, copy);
  }
  return success();
}

LogicalResult SizeBounder::visitInsert(tensor::InsertOp op) {
  Bounded dest = get(op.getDest());
  op.getDestMutable().assign(dest.buffer);
  keepInPlace(op.getResult(), dest);
  return success();
}

/// What is inserted has the sizes of the part that it replaces: fixed ones, or
/// all of the dimension.
LogicalResult SizeBounder::visitInsertSlice(tensor::InsertSliceOp op) {
  Bounded dest = get(op.getDest()), source = get(op.getSource());
  bool fits = source.sizes.size() == dest.sizes.size();
  SmallVector<OpFoldResult> sizes;
  for (size_t dim = 0; fits && dim < dest.sizes.size(); ++dim) {
    sizes.push_back(b.getIndexAttr(source.getType().getDimSize(dim)));
    bool isWhole = source.sizes[dim] == dest.sizes[dim] &&
                   getConstantIntValue(op.getMixedOffsets()[dim]) == 0 &&
                   getConstantIntValue(op.getMixedStrides()[dim]) == 1;
    fits = source.sizes[dim] && (isWhole || !source.isCounted(dim));
  }
  if (!fits)
    return refuse(op);
  Value whole = tensor::InsertSliceOp::create(b, op.getLoc(), source.buffer,
                                              dest.buffer, op.getMixedOffsets(),
                                              sizes, op.getMixedStrides());
  replace(op, whole, dest.sizes);
  return success();
}

LogicalResult
SizeBounder::visitStore(bufferization::MaterializeInDestinationOp op) {
  Bounded source = get(op.getSource()), dest = get(op.getDest());
  if (source.sizes != dest.sizes)
    return refuse(op);
  op.getSourceMutable().assign(source.buffer);
  op.getDestMutable().assign(dest.buffer);
  keepInPlace(op.getResult(), dest);
  return success();
}

/// What reads single elements reads them from the buffers.
LogicalResult SizeBounder::visitElements(Operation &op) {
  SmallVector<tensor::DimOp> dims;
  WalkResult result = op.walk([&](Operation *inner) {
    for (OpOperand &operand : inner->getOpOperands()) {
      const Bounded *known = find(operand.get());
      // A state or what is made of one is its own buffer.
      if (!known || (inner == &op && known->buffer == operand.get() &&
                     isa<linalg::LinalgOp>(inner)))
        continue;
      if (isa<tensor::ExtractOp>(inner))
        operand.set(known->buffer);
      else if (auto dim = dyn_cast<tensor::DimOp>(inner))
        dims.push_back(dim);
      else
        return (void)refuse(inner), WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  OpBuilder::InsertionGuard guard(b);
  for (tensor::DimOp dim : dims) {
    b.setInsertionPoint(dim);
    std::optional<int64_t> number = dim.getConstantIndex();
    AffineExpr size = number ? get(dim.getSource()).sizes[*number] : nullptr;
    if (!size)
      return refuse(dim);
    b.replaceOp(dim, counts.makeIndex(b, dim.getLoc(), size));
  }
  return success();
}

/// Counters are further results, which outputs name.
LogicalResult SizeBounder::visitReturn(Operation *op) {
  SmallVector<Value> operands(op->getOperands());
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    const Bounded *known = find(operand);
    if (!known)
      continue;
    operands[index] = known->buffer;
    SmallVector<int64_t> dims;
    for (size_t dim = 0; dim < known->sizes.size(); ++dim)
      if (known->isCounted(dim))
        dims.push_back(dim);
    if (dims.empty())
      continue;
    if (dims.size() > 1)
      return refuse(known->buffer.getDefiningOp(),
                    "the data decides two sizes of an output");
    auto name =
        function.getResultAttrOfType<StringAttr>(index, valueNameAttrName);
    std::string counter = makeValueName(
        function,
        ((name ? name.getValue() : StringRef("output")) + ".count").str());
    function.setResultAttr(
        index, countedAttrName,
        b.getDictionaryAttr(
            {b.getNamedAttr("counter", b.getStringAttr(counter)),
             b.getNamedAttr("dimension", b.getI64IntegerAttr(dims.front()))}));
    b.setInsertionPoint(op);
    operands.push_back(counts.makeCounter(b, dropNodeValue(op->getLoc()),
                                          known->sizes[dims.front()]));
    if (failed(function.insertResult(
            function.getNumResults(), operands.back().getType(),
            b.getDictionaryAttr(
                b.getNamedAttr(valueNameAttrName, b.getStringAttr(counter))))))
      return failure();
  }
  op->setOperands(operands);
  function.setFunctionType(
      FunctionType::get(function.getContext(), function.getArgumentTypes(),
                        llvm::to_vector(op->getOperandTypes())));
  return success();
}

LogicalResult SizeBounder::visit(Operation &op) {
  b.setInsertionPoint(&op);
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return empty.getType().hasStaticShape() ? success() : visitEmpty(empty);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return slice.getType().hasStaticShape() && !find(slice.getSource())
               ? success()
               : visitSlice(slice);
  if (isa<func::ReturnOp>(op))
    return visitReturn(&op);
  if (isa<scf::YieldOp>(op) || !usesBounded(op))
    return success();
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](linalg::LinalgOp inner) { return visitStructured(inner); })
      .Case([&](ext::GatherOp inner) { return visitGather(inner); })
      .Case([&](tensor::ExpandShapeOp inner) { return visitExpansion(inner); })
      .Case([&](tensor::CollapseShapeOp inner) { return visitCollapse(inner); })
      .Case([&](tensor::ReshapeOp inner) { return visitReshape(inner); })
      .Case([&](tensor::CastOp inner) { return visitCast(inner); })
      .Case([&](tensor::ConcatOp inner) { return visitConcat(inner); })
      .Case(
          [&](tensor::InsertSliceOp inner) { return visitInsertSlice(inner); })
      .Case([&](bufferization::MaterializeInDestinationOp inner) {
        return visitStore(inner);
      })
      .Case([&](tensor::InsertOp inner) {
        return find(inner.getDest()) ? visitInsert(inner) : refuse(inner);
      })
      .Case([&](scf::ForOp inner) { return visitLoop(inner); })
      .Case([&](tensor::PadOp inner) { return visitPad(inner); })
      .Case<ext::QuantizeOp, ext::DequantizeOp>([&](auto inner) {
        return visitQuantization(inner, inner.getScale(), inner.getAxis());
      })
      .Default([&](Operation *inner) { return visitElements(*inner); });
}

LogicalResult SizeBounder::visitBlock(Block &block) {
  bool isBounded = true;
  for (Operation &op : llvm::make_early_inc_range(block))
    isBounded &= succeeded(visit(op));
  return success(isBounded);
}

LogicalResult SizeBounder::run() {
  if (failed(visitBlock(function.front())))
    return failure();
  for (Operation *op : llvm::reverse(replaced))
    if (op->use_empty())
      b.eraseOp(op);
  return success();
}

namespace {

struct BoundSizes : impl::BoundSizesBase<BoundSizes> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (failed(SizeBounder(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace garam
