//===- BoundShapes.cpp - Slices, shapes and joins of buffers --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SizeBounder.h"

#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace garam {

constexpr StringRef mayBeNegative =
    "a size of what it makes shows only at run time and may be negative";

AffineExpr SizeBounder::multiply(ArrayRef<AffineExpr> sizes) const {
  AffineExpr product = counts.getConstant(1);
  for (AffineExpr size : sizes)
    product = product * size;
  return normalizeSize(product);
}

/// The type of a buffer for a tensor of `sizes`; null when one may be negative
/// or there is no such buffer.
RankedTensorType SizeBounder::getBufferType(Type elementType,
                                            ArrayRef<AffineExpr> sizes) {
  // More bytes than a program can address have none.
  constexpr int64_t mostElements = int64_t(1) << 48;
  SmallVector<int64_t> shape;
  int64_t elements = 1;
  for (AffineExpr size : sizes) {
    bool isFixed = isa<AffineConstantExpr>(size);
    int64_t room =
        isFixed ? counts.getRange(size).second : counts.getRoom(size);
    if (counts.getRange(size).first < 0 ||
        llvm::MulOverflow(elements, std::max<int64_t>(room, 1), elements) ||
        elements > mostElements)
      return {};
    shape.push_back(room);
  }
  return RankedTensorType::get(shape, elementType);
}

/// A tensor of `type` whose element at a position is that of `source` where
/// `getPosition` says, within the buffer.
Value SizeBounder::makeRead(
    Location loc, Value source, RankedTensorType type,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)>
        getPosition) {
  Value empty =
      tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto build = [&](OpBuilder &nested, Location loc, ValueRange) {
    SmallVector<Value> position;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      position.push_back(linalg::IndexOp::create(nested, loc, dim));
    SmallVector<Value> from = getPosition(nested, position);
    Value zero = arith::ConstantIndexOp::create(nested, loc, 0);
    for (auto [index, size] : llvm::zip_equal(
             from, cast<RankedTensorType>(source.getType()).getShape())) {
      Value last = arith::ConstantIndexOp::create(
          nested, loc, std::max<int64_t>(size, 1) - 1);
      index = arith::MinSIOp::create(
          nested, loc, arith::MaxSIOp::create(nested, loc, index, zero), last);
    }
    linalg::YieldOp::create(
        nested, loc,
        ValueRange(tensor::ExtractOp::create(nested, loc, source, from)));
  };
  return linalg::GenericOp::create(
             b, loc, TypeRange(type), ValueRange(), ValueRange(empty),
             {b.getMultiDimIdentityMap(type.getRank())}, loops, build)
      .getResult(0);
}

LogicalResult SizeBounder::visitEmpty(tensor::EmptyOp op) {
  SizeExprs sizes;
  for (OpFoldResult size : op.getMixedSizes()) {
    sizes.push_back(counts.find(size));
    if (!sizes.back())
      return success(); // Of another kind.
  }
  RankedTensorType type = getBufferType(op.getType().getElementType(), sizes);
  if (!type)
    return refuse(op, mayBeNegative);
  replace(op,
          tensor::EmptyOp::create(b, op.getLoc(), type.getShape(),
                                  type.getElementType()),
          sizes);
  return success();
}

/// Cuts what counts off a buffer, which is where counters come from, or a part
/// of a tensor.
LogicalResult SizeBounder::visitSlice(tensor::ExtractSliceOp op) {
  bool isOfBounded = find(op.getSource());
  if (op.getSourceType().getRank() != op.getType().getRank())
    return isOfBounded ? refuse(op) : success();
  Bounded source = get(op.getSource());
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(),
                            strides = op.getMixedStrides(), cut;
  SizeExprs sizes;
  bool isCounted = false, isFront = true;
  for (auto [dim, size] : llvm::enumerate(op.getMixedSizes())) {
    AffineExpr whole = source.sizes[dim];
    int64_t room = source.getType().getDimSize(dim);
    sizes.push_back(!whole || ShapedType::isDynamic(room)
                        ? counts.find(size)
                        : counts.findOrAdd(size, room));
    if (!sizes.back())
      return isOfBounded ? refuse(op) : success(); // Of another kind.
    if (!whole && !isa<AffineConstantExpr>(sizes.back()))
      return isOfBounded ? refuse(op) : success();
    isCounted |= !isa<AffineConstantExpr>(sizes.back());
    bool isNear =
        isa<AffineConstantExpr>(sizes.back()) && !source.isCounted(dim);
    // The part with all that may count lies in the buffer.
    std::optional<int64_t> offset = getConstantIntValue(offsets[dim]);
    bool lies = offset && getConstantIntValue(strides[dim]) == 1 &&
                ShapedType::isStatic(room) &&
                *offset + counts.getRoom(sizes.back()) <= room;
    isFront &= isNear || lies;
    cut.push_back(
        isNear ? size
               : b.getIndexAttr(isa<AffineConstantExpr>(sizes.back())
                                    ? counts.getRange(sizes.back()).second
                                    : counts.getRoom(sizes.back())));
  }
  if (!isCounted && !isOfBounded)
    return success();
  RankedTensorType type = getBufferType(op.getType().getElementType(), sizes);
  if (!type || !source.getType().hasStaticShape())
    return refuse(op, mayBeNegative);
  Location loc = op.getLoc();
  if (type.getNumElements() == 0) {
    replace(
        op,
        tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType()),
        sizes);
    return success();
  }
  if (isFront) {
    replace(op,
            tensor::ExtractSliceOp::create(b, loc, source.buffer, offsets, cut,
                                           strides),
            sizes);
    return success();
  }
  SmallVector<Value> begins = getValueOrCreateConstantIndexOp(b, loc, offsets),
                     steps = getValueOrCreateConstantIndexOp(b, loc, strides);
  auto read = [&](OpBuilder &nested, ValueRange position) {
    SmallVector<Value> from;
    for (auto [index, begin, step] : llvm::zip_equal(position, begins, steps))
      from.push_back(arith::AddIOp::create(
          nested, loc, arith::MulIOp::create(nested, loc, index, step), begin));
    return from;
  };
  replace(op, makeRead(loc, source.buffer, type, read), sizes);
  return success();
}

/// What counts lies at the front of the buffer in row-major order: only
/// dimensions of size 1 are outside of the one that is counted.
static bool isDense(ArrayRef<AffineExpr> sizes) {
  auto isOne = [](AffineExpr size) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    return constant && constant.getValue() == 1;
  };
  ArrayRef<AffineExpr> rest = sizes.drop_while(isOne);
  return rest.empty() || llvm::all_of(rest.drop_front(), [](AffineExpr size) {
           return isa<AffineConstantExpr>(size);
         });
}

/// The coordinates in a tensor of `sizes` of the element at `linear`.
static SmallVector<Value> delinearize(OpBuilder &b, Location loc, Value linear,
                                      ArrayRef<Value> sizes) {
  SmallVector<Value> position(sizes.size());
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  for (int64_t dim = sizes.size(); dim-- > 0;) {
    // Of a tensor without elements nothing counts.
    Value size = arith::MaxSIOp::create(b, loc, sizes[dim], one);
    position[dim] =
        dim == 0 ? linear : arith::RemUIOp::create(b, loc, linear, size);
    linear = arith::DivUIOp::create(b, loc, linear, size);
  }
  return position;
}

/// `buffer` as a tensor of `type`, with as many elements, by what `op` does.
static Value makeView(OpBuilder &b, Operation *op, Value buffer,
                      RankedTensorType type) {
  Location loc = op->getLoc();
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return tensor::CollapseShapeOp::create(b, loc, type, buffer,
                                           collapse.getReassociationIndices());
  if (auto expansion = dyn_cast<tensor::ExpandShapeOp>(op))
    return tensor::ExpandShapeOp::create(b, loc, type, buffer,
                                         expansion.getReassociationIndices());
  auto makeGroup = [](int64_t rank) {
    return SmallVector<ReassociationIndices>{
        llvm::to_vector<2>(llvm::seq<int64_t>(rank))};
  };
  auto source = cast<RankedTensorType>(buffer.getType());
  if (source.getRank() > 1)
    buffer = tensor::CollapseShapeOp::create(b, loc, buffer,
                                             makeGroup(source.getRank()));
  if (type.getRank() == 1)
    return buffer;
  return tensor::ExpandShapeOp::create(b, loc, type, buffer,
                                       makeGroup(type.getRank()));
}

/// Replaces `op` by the elements of `source` in another shape: by the buffer in
/// another shape, where what counts is together in both.
LogicalResult SizeBounder::reshape(Operation *op, Value value,
                                   ArrayRef<AffineExpr> sizes) {
  Bounded source = get(value);
  if (llvm::is_contained(source.sizes, AffineExpr()) ||
      !source.getType().hasStaticShape())
    return refuse(op);
  if (multiply(source.sizes) != multiply(sizes))
    return refuse(op, "the sizes of the tensor and of its shape show only at "
                      "run time and need not fit");
  RankedTensorType type =
      getBufferType(source.getType().getElementType(), sizes);
  if (!type)
    return refuse(op, mayBeNegative);
  Location loc = op->getLoc();
  if (isDense(source.sizes) && isDense(sizes) &&
      type.getNumElements() == source.getType().getNumElements()) {
    replace(op->getResult(0), makeView(b, op, source.buffer, type), sizes);
    return success();
  }
  auto makeIndices = [&](ArrayRef<AffineExpr> exprs) {
    return llvm::map_to_vector(
        exprs, [&](AffineExpr size) { return counts.makeIndex(b, loc, size); });
  };
  SmallVector<Value> from = makeIndices(source.sizes), to = makeIndices(sizes);
  auto read = [&](OpBuilder &nested, ValueRange position) {
    Value linear = arith::ConstantIndexOp::create(nested, loc, 0);
    for (auto [index, size] : llvm::zip_equal(position, to))
      linear = arith::AddIOp::create(
          nested, loc, arith::MulIOp::create(nested, loc, linear, size), index);
    return delinearize(nested, loc, linear, from);
  };
  replace(op->getResult(0), makeRead(loc, source.buffer, type, read), sizes);
  return success();
}

LogicalResult SizeBounder::visitExpansion(tensor::ExpandShapeOp op) {
  Bounded source = get(op.getSrc());
  RankedTensorType type = op.getResultType();
  SizeExprs sizes;
  // A size that is not known makes up the one that its group came from.
  for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
    SizeExprs others;
    for (int64_t part : group)
      if (!type.isDynamicDim(part))
        others.push_back(counts.getConstant(type.getDimSize(part)));
    for (int64_t part : group)
      sizes.push_back(type.isDynamicDim(part)
                          ? divideSize(source.sizes[dim], multiply(others))
                          : counts.getConstant(type.getDimSize(part)));
    if (others.size() + 1 < group.size() ||
        llvm::is_contained(sizes, AffineExpr()))
      return refuse(op);
  }
  return reshape(op, op.getSrc(), sizes);
}

LogicalResult SizeBounder::visitCollapse(tensor::CollapseShapeOp op) {
  Bounded source = get(op.getSrc());
  if (llvm::is_contained(source.sizes, AffineExpr()))
    return refuse(op);
  SizeExprs sizes;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    SizeExprs parts;
    for (int64_t part : group)
      parts.push_back(source.sizes[part]);
    sizes.push_back(multiply(parts));
  }
  return reshape(op, op.getSrc(), sizes);
}

LogicalResult SizeBounder::visitReshape(tensor::ReshapeOp op) {
  auto shape = op.getShape().getDefiningOp<tensor::FromElementsOp>();
  if (!shape)
    return refuse(op);
  SizeExprs sizes;
  for (Value element : shape.getElements()) {
    sizes.push_back(counts.find(OpFoldResult(element)));
    if (!sizes.back())
      return refuse(op);
  }
  return reshape(op, op.getSource(), sizes);
}

/// A type that knows a size says how many elements count.
LogicalResult SizeBounder::visitCast(tensor::CastOp op) {
  const Bounded source = get(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type)
    return refuse(op);
  SizeExprs known = source.sizes;
  SmallVector<OpFoldResult> sizes, zeros(type.getRank(), b.getIndexAttr(0)),
      ones(type.getRank(), b.getIndexAttr(1));
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t size = source.getType().getDimSize(dim);
    if (!type.isDynamicDim(dim)) {
      if (type.getDimSize(dim) > size)
        return refuse(op);
      size = type.getDimSize(dim);
      known[dim] = counts.getConstant(size);
    }
    sizes.push_back(b.getIndexAttr(size));
  }
  Value part = tensor::ExtractSliceOp::create(b, op.getLoc(), source.buffer,
                                              zeros, sizes, ones);
  replace(op, part, known);
  return success();
}

/// Each part begins where the one before ends to count and covers what lies
/// behind it.
LogicalResult SizeBounder::visitConcat(tensor::ConcatOp op) {
  Location loc = op.getLoc();
  int64_t axis = op.getDim();
  SizeExprs sizes;
  SmallVector<Value> buffers;
  SmallVector<AffineExpr> begins;
  AffineExpr end = counts.getConstant(0);
  for (Value input : op.getInputs()) {
    Bounded part = get(input);
    buffers.push_back(part.buffer);
    if (llvm::is_contained(part.sizes, AffineExpr()))
      return refuse(op);
    if (sizes.empty())
      sizes = part.sizes;
    for (auto [dim, size] : llvm::enumerate(part.sizes))
      if (int64_t(dim) != axis && size != sizes[dim])
        return refuse(op, "a size of one of its tensors shows only at run "
                          "time and need not be that of the others");
    begins.push_back(end);
    end = normalizeSize(end + part.sizes[axis]);
  }
  sizes[axis] = end;
  if (isa<AffineConstantExpr>(end)) {
    replace(op, tensor::ConcatOp::create(b, loc, axis, buffers), sizes);
    return success();
  }
  RankedTensorType type = getBufferType(op.getType().getElementType(), sizes);
  if (!type)
    return refuse(op, mayBeNegative);
  Value whole =
      tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  for (auto [buffer, begin] : llvm::zip_equal(buffers, begins)) {
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
        ones(type.getRank(), b.getIndexAttr(1));
    if (counts.getConstant(0) != begin)
      offsets[axis] = counts.makeIndex(b, loc, begin);
    whole = tensor::InsertSliceOp::create(b, loc, buffer, whole, offsets,
                                          tensor::getMixedSizes(b, loc, buffer),
                                          ones);
  }
  replace(op, whole, sizes);
  return success();
}

/// What is behind the elements that count begins where they end.
LogicalResult SizeBounder::visitPad(tensor::PadOp op) {
  Location loc = op.getLoc();
  Bounded source = get(op.getSource());
  Value value = op.getConstantPaddingValue();
  SizeExprs sizes, begins;
  for (auto [size, low, high] : llvm::zip_equal(
           source.sizes, op.getMixedLowPad(), op.getMixedHighPad())) {
    AffineExpr before = counts.find(low), behind = counts.find(high);
    if (!size || !before || !behind)
      return refuse(op);
    begins.push_back(before);
    sizes.push_back(normalizeSize(size + before + behind));
  }
  RankedTensorType type = getBufferType(op.getType().getElementType(), sizes);
  if (!value || !type)
    return refuse(op);
  auto makeIndices = [&](ArrayRef<AffineExpr> exprs) {
    return llvm::map_to_vector(
        exprs, [&](AffineExpr size) { return counts.makeIndex(b, loc, size); });
  };
  SmallVector<Value> offsets = makeIndices(begins),
                     ends = makeIndices(source.sizes);
  Value isWithin;
  auto read = [&](OpBuilder &nested, ValueRange position) {
    SmallVector<Value> from;
    isWithin = {};
    for (auto [index, offset, end] : llvm::zip_equal(position, offsets, ends)) {
      from.push_back(arith::SubIOp::create(nested, loc, index, offset));
      // Positions before the first are great without a sign.
      Value isHere = arith::CmpIOp::create(
          nested, loc, arith::CmpIPredicate::ult, from.back(), end);
      isWithin =
          isWithin
              ? arith::AndIOp::create(nested, loc, isWithin, isHere).getResult()
              : isHere;
    }
    return from;
  };
  Value padded = makeRead(loc, source.buffer, type, read);
  Operation *yield =
      padded.getDefiningOp<linalg::GenericOp>().getBody()->getTerminator();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(yield);
  yield->setOperand(0, arith::SelectOp::create(b, loc, isWithin,
                                               yield->getOperand(0), value));
  replace(op, padded, sizes);
  return success();
}

} // namespace garam
