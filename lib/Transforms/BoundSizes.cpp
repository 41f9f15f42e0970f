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
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/CountedSizes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <map>

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_BOUNDSIZES
#include "garam/Transforms/Passes.h.inc"

namespace {

/// A tensor in one of fixed sizes.
struct Bounded {
  Value buffer;
  /// By dimension: the counter of the elements that count, an i64 tensor of
  /// rank 0; null where all do.
  SmallVector<Value> counters;

  int64_t getSize(int64_t dim) const {
    return cast<RankedTensorType>(buffer.getType()).getDimSize(dim);
  }
};

/// One of two sizes may be 1 in a run, where the model broadcasts.
constexpr StringRef unequalSizes =
    "a size of one of its tensors shows only at "
    "run time and need not be that of the others";

/// What a computed size is made of: counters, each with its factor, and fixed
/// sizes, of a null counter.
using Terms = std::vector<std::pair<void *, int64_t>>;

class SizeBounder {
public:
  explicit SizeBounder(func::FuncOp function)
      : function(function), b(function.getContext()) {}

  LogicalResult run();

private:
  const Bounded *find(Value value);
  bool usesBounded(Operation &op);
  LogicalResult visit(Operation &op);
  void visitDim(tensor::DimOp op);
  LogicalResult visitEmpty(tensor::EmptyOp op);
  LogicalResult visitSlice(tensor::ExtractSliceOp op);
  LogicalResult visitStructured(linalg::LinalgOp op);
  LogicalResult visitGather(ext::GatherOp op);
  LogicalResult visitExpansion(tensor::ExpandShapeOp op);
  LogicalResult visitCollapse(tensor::CollapseShapeOp op);
  LogicalResult visitCast(tensor::CastOp op);
  LogicalResult visitConcat(tensor::ConcatOp op);
  LogicalResult visitElements(Operation &op);
  LogicalResult visitReturn(Operation *op);

  LogicalResult
  refuse(Operation *op,
         StringRef why = "it takes a tensor whose size shows only at run time");
  Value makeCounter(Value size, Terms terms);
  std::optional<std::pair<int64_t, Value>> findSize(Value size);
  void replace(Value value, Value buffer, ArrayRef<Value> counters);

  func::FuncOp function;
  IRRewriter b;
  llvm::DenseMap<Value, Bounded> bounded;
  /// What a counter counts to at most.
  llvm::DenseMap<Value, int64_t> mostOf;
  /// Counters of computed sizes: equal sizes have one.
  std::map<Terms, Value> counterOf;
  /// Replaced operations, in order.
  llvm::SetVector<Operation *> replaced;
};

} // namespace

const Bounded *SizeBounder::find(Value value) {
  auto known = bounded.find(value);
  return known == bounded.end() ? nullptr : &known->second;
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

Value SizeBounder::makeCounter(Value size, Terms terms) {
  Value &counter = counterOf[std::move(terms)];
  if (counter)
    return counter;
  Location loc = size.getLoc();
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), size);
  return counter = tensor::FromElementsOp::create(
             b, loc, RankedTensorType::get({}, b.getI64Type()), number);
}

/// The counter that `size`, an index, is read from; null when it is not.
static Value getCounter(Value size) {
  auto cast = size.getDefiningOp<arith::IndexCastOp>();
  auto read = cast ? cast.getIn().getDefiningOp<tensor::ExtractOp>() : nullptr;
  if (!read || !read.getIndices().empty() ||
      !read.getType().isSignlessInteger(64))
    return {};
  return read.getTensor();
}

/// The greatest value of a size and, unless that is the only one, its counter.
std::optional<std::pair<int64_t, Value>> SizeBounder::findSize(Value size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return std::pair(*constant, Value());
  Value counter = getCounter(size);
  auto most = mostOf.find(counter);
  if (!counter || most == mostOf.end())
    return std::nullopt;
  return std::pair(most->second, counter);
}

void SizeBounder::replace(Value value, Value buffer, ArrayRef<Value> counters) {
  replaced.insert(value.getDefiningOp());
  if (llvm::none_of(counters, [](Value counter) { return bool(counter); }))
    return value.replaceAllUsesWith(buffer);
  bounded[value] = {buffer, llvm::to_vector(counters)};
  for (auto [dim, counter] : llvm::enumerate(counters))
    if (counter)
      mostOf.try_emplace(counter, bounded[value].getSize(dim));
}

void SizeBounder::visitDim(tensor::DimOp op) {
  const Bounded &source = *find(op.getSource());
  std::optional<int64_t> dim = op.getConstantIndex();
  Value counter = dim ? source.counters[*dim] : Value();
  if (!counter)
    return op.getSourceMutable().assign(source.buffer);
  b.replaceOp(op, readCounter(b, counter));
}

LogicalResult SizeBounder::visitEmpty(tensor::EmptyOp op) {
  SmallVector<int64_t> shape;
  SmallVector<Value> counters;
  for (OpFoldResult size : op.getMixedSizes()) {
    if (std::optional<int64_t> constant = getConstantIntValue(size)) {
      shape.push_back(*constant);
      counters.push_back({});
      continue;
    }
    auto found = findSize(cast<Value>(size));
    if (!found)
      return success(); // Of another kind.
    shape.push_back(found->first);
    counters.push_back(found->second);
  }
  replace(op,
          tensor::EmptyOp::create(b, op.getLoc(), shape,
                                  op.getType().getElementType()),
          counters);
  return success();
}

/// Cuts what counts off a buffer, which is where counters come from, or a part
/// of a tensor along other dimensions.
LogicalResult SizeBounder::visitSlice(tensor::ExtractSliceOp op) {
  const Bounded *source = find(op.getSource());
  if (op.getSourceType().getRank() != op.getType().getRank())
    return source ? refuse(op) : success();
  SmallVector<OpFoldResult> sizes = op.getMixedSizes();
  SmallVector<Value> counters(sizes.size());
  bool isCut = false;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    auto value = dyn_cast<Value>(size);
    Value counter =
        value && !getConstantIntValue(size) ? getCounter(value) : Value();
    Value known = source ? source->counters[dim] : Value();
    bool isWhole = getConstantIntValue(op.getMixedOffsets()[dim]) == 0 &&
                   getConstantIntValue(op.getMixedStrides()[dim]) == 1;
    if (known && !(isWhole && counter == known))
      return refuse(op);
    if (!counter || !isWhole ||
        (!known && op.getSourceType().isDynamicDim(dim)))
      continue;
    counters[dim] = counter;
    isCut = true;
    sizes[dim] = b.getIndexAttr(source ? source->getSize(dim)
                                       : op.getSourceType().getDimSize(dim));
  }
  if (!isCut)
    return source ? refuse(op) : success();
  Value part = tensor::ExtractSliceOp::create(
      b, op.getLoc(), source ? source->buffer : Value(op.getSource()),
      op.getMixedOffsets(), sizes, op.getMixedStrides());
  replace(op, part, counters);
  return success();
}

LogicalResult SizeBounder::visitStructured(linalg::LinalgOp op) {
  SmallVector<Value> loopCounters(op.getNumLoops()), operands;
  SmallVector<int64_t> loopSizes(op.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : op->getOpOperands()) {
    const Bounded *known = find(operand.get());
    operands.push_back(known ? known->buffer : operand.get());
    auto type = dyn_cast<RankedTensorType>(operands.back().getType());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      Value counter = known ? known->counters[dim] : Value();
      if (!loop) {
        if (counter)
          return refuse(op);
        continue;
      }
      // Tensors that are equally long lie in buffers that are.
      int64_t &size = loopSizes[loop.getPosition()];
      if (ShapedType::isStatic(size) &&
          loopCounters[loop.getPosition()] != counter)
        return refuse(op, unequalSizes);
      loopCounters[loop.getPosition()] = counter;
      if (ShapedType::isStatic(size) && size != type.getDimSize(dim))
        return refuse(op);
      size = type.getDimSize(dim);
    }
  }
  SmallVector<Type> types;
  for (OpOperand &init : op.getDpsInitsMutable())
    types.push_back(operands[init.getOperandNumber()].getType());
  auto whole = cast<linalg::LinalgOp>(clone(b, op, types, operands));
  if (failed(visitElements(*whole.getOperation())))
    return failure();
  whole = maskReductions(b, whole, loopCounters);
  for (auto [result, buffer, init] : llvm::zip_equal(
           op->getResults(), whole->getResults(), op.getDpsInitsMutable())) {
    SmallVector<Value> counters;
    for (AffineExpr expr : op.getMatchingIndexingMap(&init).getResults()) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      counters.push_back(loop ? loopCounters[loop.getPosition()] : Value());
    }
    replace(result, buffer, counters);
  }
  return success();
}

/// Indices behind those that count are clamped as all are.
LogicalResult SizeBounder::visitGather(ext::GatherOp op) {
  const Bounded *input = find(op.getInput()), *indices = find(op.getIndices());
  // A negative index counts from an end that is not that of the buffer.
  if (input && input->counters[op.getAxis()])
    return refuse(op);
  auto getCounters = [&](const Bounded *known, Value value) {
    if (known)
      return known->counters;
    return SmallVector<Value>(
        cast<RankedTensorType>(value.getType()).getRank());
  };
  SmallVector<Value> counters = getCounters(input, op.getInput());
  SmallVector<Value> inner = getCounters(indices, op.getIndices());
  counters.erase(counters.begin() + op.getAxis());
  counters.insert(counters.begin() + op.getAxis(), inner.begin(), inner.end());
  Value buffer = ext::GatherOp::create(
      b, op.getLoc(), input ? input->buffer : Value(op.getInput()),
      indices ? indices->buffer : Value(op.getIndices()), op.getAxis());
  replace(op, buffer, counters);
  return success();
}

/// Dimensions of size 1 come beside one with a counter.
LogicalResult SizeBounder::visitExpansion(tensor::ExpandShapeOp op) {
  const Bounded &source = *find(op.getSrc());
  RankedTensorType type = op.getResultType();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> counters(type.getRank());
  for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
    if (!source.counters[dim])
      continue;
    for (int64_t part : group) {
      if (type.isDynamicDim(part)) {
        counters[part] = source.counters[dim];
        shape[part] = source.getSize(dim);
      } else if (type.getDimSize(part) != 1) {
        return refuse(op);
      }
    }
  }
  replace(op,
          tensor::ExpandShapeOp::create(b, op.getLoc(), type.clone(shape),
                                        source.buffer,
                                        op.getReassociationIndices()),
          counters);
  return success();
}

/// What counts stays together where only dimensions of size 1 are outside of
/// it.
LogicalResult SizeBounder::visitCollapse(tensor::CollapseShapeOp op) {
  const Bounded &source = *find(op.getSrc());
  RankedTensorType type = op.getResultType();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> counters(type.getRank());
  for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
    int64_t size = 1, before = 1;
    Value counter;
    for (int64_t part : group) {
      if (source.counters[part] && (counter || before != 1))
        return refuse(op);
      if (source.counters[part])
        counter = source.counters[part];
      before *= source.getSize(part);
      if (!source.counters[part])
        size *= source.getSize(part);
    }
    if (!counter)
      continue;
    shape[dim] = before;
    if (size != 1) {
      Location loc = op.getLoc();
      Value factor = arith::ConstantIndexOp::create(b, loc, size);
      counter = makeCounter(
          arith::MulIOp::create(b, loc, readCounter(b, counter), factor),
          {{counter.getAsOpaquePointer(), size}});
    }
    counters[dim] = counter;
  }
  replace(op,
          tensor::CollapseShapeOp::create(b, op.getLoc(), type.clone(shape),
                                          source.buffer,
                                          op.getReassociationIndices()),
          counters);
  return success();
}

/// A type that knows a size says how many elements count.
LogicalResult SizeBounder::visitCast(tensor::CastOp op) {
  const Bounded &source = *find(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type)
    return refuse(op);
  SmallVector<Value> counters = source.counters;
  SmallVector<OpFoldResult> sizes, zeros(type.getRank(), b.getIndexAttr(0)),
      ones(type.getRank(), b.getIndexAttr(1));
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t size = source.getSize(dim);
    if (!type.isDynamicDim(dim)) {
      if (type.getDimSize(dim) > size)
        return refuse(op);
      size = type.getDimSize(dim);
      counters[dim] = {};
    }
    sizes.push_back(b.getIndexAttr(size));
  }
  Value part = tensor::ExtractSliceOp::create(b, op.getLoc(), source.buffer,
                                              zeros, sizes, ones);
  if (llvm::any_of(counters, [](Value counter) { return bool(counter); })) {
    replace(op, part, counters);
    return success();
  }
  b.replaceOp(op, part);
  return success();
}

/// Each part begins where the one before ends to count and covers what lies
/// behind it.
LogicalResult SizeBounder::visitConcat(tensor::ConcatOp op) {
  Location loc = op.getLoc();
  int64_t axis = op.getDim();
  RankedTensorType type = op.getResultType();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> counters(type.getRank()), buffers;
  shape[axis] = 0;
  bool isCounted = false;
  Value end = arith::ConstantIndexOp::create(b, loc, 0);
  SmallVector<Value> begins;
  Terms terms;
  for (Value input : op.getInputs()) {
    const Bounded *known = find(input);
    buffers.push_back(known ? known->buffer : input);
    auto bufferType = cast<RankedTensorType>(buffers.back().getType());
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      if (dim == axis || bufferType.isDynamicDim(dim))
        continue;
      if (ShapedType::isStatic(shape[dim]) &&
          shape[dim] != bufferType.getDimSize(dim))
        return refuse(op);
      shape[dim] = bufferType.getDimSize(dim);
      Value counter = known ? known->counters[dim] : Value();
      if (!begins.empty() && counters[dim] != counter)
        return refuse(op, unequalSizes);
      counters[dim] = counter;
    }
    if (bufferType.isDynamicDim(axis))
      return refuse(op);
    shape[axis] += bufferType.getDimSize(axis);
    begins.push_back(end);
    Value counter = known ? known->counters[axis] : Value();
    isCounted |= bool(counter);
    terms.emplace_back(counter.getAsOpaquePointer(),
                       counter ? 1 : bufferType.getDimSize(axis));
    Value size = counter ? readCounter(b, counter)
                         : arith::ConstantIndexOp::create(
                               b, loc, bufferType.getDimSize(axis))
                               .getResult();
    end = arith::AddIOp::create(b, loc, end, size);
  }
  if (!isCounted) {
    replace(op, tensor::ConcatOp::create(b, loc, axis, buffers), counters);
    return success();
  }
  Value whole = tensor::EmptyOp::create(b, loc, shape, type.getElementType());
  for (auto [buffer, begin] : llvm::zip_equal(buffers, begins)) {
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
        ones(type.getRank(), b.getIndexAttr(1));
    offsets[axis] = begin;
    whole = tensor::InsertSliceOp::create(b, loc, buffer, whole, offsets,
                                          tensor::getMixedSizes(b, loc, buffer),
                                          ones);
  }
  counters[axis] = makeCounter(end, std::move(terms));
  replace(op, whole, counters);
  return success();
}

/// What reads single elements reads them from the buffers.
LogicalResult SizeBounder::visitElements(Operation &op) {
  SmallVector<tensor::DimOp> dims;
  WalkResult result = op.walk([&](Operation *inner) {
    for (OpOperand &operand : inner->getOpOperands()) {
      const Bounded *known = find(operand.get());
      if (!known)
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
  for (tensor::DimOp dim : dims) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(dim);
    visitDim(dim);
  }
  return failure(result.wasInterrupted());
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
    for (auto [dim, counter] : llvm::enumerate(known->counters))
      if (counter)
        dims.push_back(dim);
    if (dims.size() > 1)
      return refuse(op);
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
    operands.push_back(known->counters[dims.front()]);
    if (failed(function.insertResult(
            function.getNumResults(), operands.back().getType(),
            b.getDictionaryAttr(
                b.getNamedAttr(valueNameAttrName, b.getStringAttr(counter))))))
      return failure();
  }
  if (operands.size() == op->getNumOperands())
    return success();
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
  if (op.hasTrait<OpTrait::IsTerminator>())
    return visitReturn(&op);
  if (!usesBounded(op))
    return success();
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tensor::DimOp dim) { return visitDim(dim), success(); })
      .Case([&](linalg::LinalgOp inner) { return visitStructured(inner); })
      .Case([&](ext::GatherOp inner) { return visitGather(inner); })
      .Case([&](tensor::ExpandShapeOp inner) { return visitExpansion(inner); })
      .Case([&](tensor::CollapseShapeOp inner) { return visitCollapse(inner); })
      .Case([&](tensor::CastOp inner) { return visitCast(inner); })
      .Case([&](tensor::ConcatOp inner) { return visitConcat(inner); })
      .Default([&](Operation *inner) { return visitElements(*inner); });
}

LogicalResult SizeBounder::run() {
  bool isBounded = true;
  for (Operation &op : llvm::make_early_inc_range(function.front()))
    isBounded &= succeeded(visit(op));
  if (!isBounded)
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
