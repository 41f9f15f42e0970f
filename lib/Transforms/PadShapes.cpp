//===- PadShapes.cpp - Shapes and parts of padded tensors -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SizePadder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam {

static PaddedLayout join(ArrayRef<PaddedLayout> dims) {
  PaddedLayout joined;
  for (const PaddedLayout &layout : dims)
    for (const PaddedFactor &factor : layout.getFactors())
      joined.add(factor);
  return joined;
}

LogicalResult SizePadder::visitCollapse(tensor::CollapseShapeOp op) {
  PaddedTensor source = get(op.getSrc());
  SmallVector<PaddedLayout> dims;
  for (const ReassociationIndices &group : op.getReassociationIndices())
    dims.push_back(join(llvm::map_to_vector(
        group, [&](int64_t dim) { return source.dims[dim]; })));
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::CollapseShapeOp::create(b, op.getLoc(), type, source.buffer,
                                          op.getReassociationIndices()),
          std::move(dims));
  return success();
}

LogicalResult SizePadder::visitExpansion(tensor::ExpandShapeOp op) {
  PaddedTensor source = get(op.getSrc());
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  SmallVector<PaddedLayout> dims;
  for (auto [layout, group] :
       llvm::zip_equal(source.dims, op.getReassociationIndices())) {
    auto parts = splitLayout(
        layout,
        llvm::map_to_vector(group, [&](int64_t dim) { return sizes[dim]; }));
    if (!parts)
      return refuse(op, joinedInside);
    llvm::append_range(dims, *parts);
  }
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::ExpandShapeOp::create(b, op.getLoc(), type, source.buffer,
                                        op.getReassociationIndices()),
          std::move(dims));
  return success();
}

/// By way of one dimension.
LogicalResult SizePadder::visitReshape(tensor::ReshapeOp op) {
  PaddedTensor source = get(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  PaddedLayout all = join(source.dims);
  auto dims = type ? splitLayout(all, analysis.getSizes(op)) : std::nullopt;
  if (!dims || source.dims.empty() || dims->empty())
    return refuse(op, joinedInside);
  auto getAll = [](size_t rank) {
    return SmallVector<ReassociationIndices>{
        ReassociationIndices(llvm::to_vector(llvm::seq<int64_t>(rank)))};
  };
  Value flat = source.buffer;
  if (source.dims.size() > 1)
    flat = tensor::CollapseShapeOp::create(b, op.getLoc(), flat,
                                           getAll(source.dims.size()));
  if (dims->size() > 1)
    flat = tensor::ExpandShapeOp::create(b, op.getLoc(),
                                         type.clone(listMost(*dims)), flat,
                                         getAll(dims->size()));
  replace(op, flat, std::move(*dims));
  return success();
}

/// A type that knows a size, or forgets it, changes no layout.
LogicalResult SizePadder::visitCast(tensor::CastOp op) {
  if (!isa<RankedTensorType>(op.getType()) ||
      !isa<RankedTensorType>(op.getSource().getType()))
    return refuse(op, noPaddedForm);
  PaddedTensor source = get(op.getSource());
  if (!isOfRunTime(op) &&
      listMost(source.dims) != cast<RankedTensorType>(op.getType()).getShape())
    return refuse(op, noPaddedForm);
  replace(op, source.buffer, std::move(source.dims));
  return success();
}

/// Dimensions are taken whole, or from a position on that is known.
LogicalResult SizePadder::visitSlice(tensor::ExtractSliceOp op) {
  PaddedTensor source = get(op.getSource());
  if (op.getSourceType().getRank() != op.getType().getRank())
    return refuse(op, noPaddedForm);
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(), most;
  SmallVector<PaddedLayout> dims;
  for (auto [dim, layout] : llvm::enumerate(source.dims)) {
    std::optional<int64_t> offset = getConstantIntValue(offsets[dim]);
    bool isDense = getConstantIntValue(op.getMixedStrides()[dim]) == 1;
    AffineExpr sourceSize = analysis.getSizes(op.getSource())[dim];
    if (sizes[dim] == sourceSize && offset == 0 && isDense) {
      dims.push_back(layout);
    } else if (isa<AffineConstantExpr>(sizes[dim]) &&
               !hasInnerPadding(layout)) {
      dims.emplace_back(sizes[dim],
                        cast<AffineConstantExpr>(sizes[dim]).getValue());
    } else if (offset && isDense && !hasInnerPadding(layout) &&
               *offset <= layout.getMost()) {
      int64_t room = layout.getMost() - *offset;
      int64_t largest = getSizeRange(sizes[dim], analysis.getSymbols()).second;
      dims.emplace_back(sizes[dim], std::min(room, largest));
    } else {
      return refuse(op, noPaddedForm);
    }
    most.push_back(b.getIndexAttr(dims.back().getMost()));
  }
  replace(op,
          tensor::ExtractSliceOp::create(b, op.getLoc(), source.buffer, offsets,
                                         most, op.getMixedStrides()),
          std::move(dims));
  return success();
}

/// What does not count takes the value of the padding, which begins there.
LogicalResult SizePadder::visitPad(tensor::PadOp op) {
  PaddedTensor source = get(op.getSource());
  Value value = op.getConstantPaddingValue();
  TypedAttr attr;
  if (!value || !matchPattern(value, m_Constant(&attr)))
    return refuse(op, noPaddedForm);
  SmallVector<PaddedLayout> filled(source.dims.size()), dims;
  SmallVector<AffineExpr> sizes = analysis.getSizes(op);
  for (auto [dim, layout] : llvm::enumerate(source.dims)) {
    std::optional<int64_t> low = getConstantIntValue(op.getMixedLowPad()[dim]),
                           high =
                               getConstantIntValue(op.getMixedHighPad()[dim]);
    if (low == 0 && high == 0) {
      dims.push_back(layout);
      continue;
    }
    if (!low || !high || *low < 0 || *high < 0 || hasInnerPadding(layout))
      return refuse(op, noPaddedForm);
    filled[dim] = layout;
    dims.emplace_back(sizes[dim], layout.getMost() + *low + *high);
  }
  Value buffer = masks.fill(op.getLoc(), source.buffer, filled, attr);
  auto type = op.getResultType().clone(listMost(dims));
  replace(op,
          tensor::PadOp::create(b, op.getLoc(), type, buffer,
                                op.getMixedLowPad(), op.getMixedHighPad(),
                                value),
          std::move(dims));
  return success();
}

/// Each part begins where the one before ends to count and covers what lies
/// behind it.
LogicalResult SizePadder::visitConcat(tensor::ConcatOp op) {
  Location loc = op.getLoc();
  int64_t axis = op.getDim();
  SmallVector<Value> buffers;
  SmallVector<PaddedLayout> dims, joined;
  for (Value input : op.getInputs()) {
    PaddedTensor part = get(input);
    buffers.push_back(part.buffer);
    joined.push_back(part.dims[axis]);
    part.dims[axis] = PaddedLayout();
    if (!dims.empty() && dims != part.dims)
      return refuse(op, joinedInside);
    dims = std::move(part.dims);
  }
  AffineExpr size = analysis.getSizes(op)[axis];
  int64_t most = 0;
  for (const PaddedLayout &layout : joined)
    most += layout.getMost();
  dims[axis] = PaddedLayout(size, most);
  if (isa<AffineConstantExpr>(size)) {
    replace(op, tensor::ConcatOp::create(b, loc, axis, buffers), dims);
    return success();
  }
  if (llvm::any_of(joined, hasInnerPadding))
    return refuse(op, joinedInside);
  Value whole = tensor::EmptyOp::create(b, loc, listMost(dims),
                                        op.getType().getElementType());
  AffineExpr end = getAffineConstantExpr(0, b.getContext());
  for (auto [input, buffer] : llvm::zip_equal(op.getInputs(), buffers)) {
    SmallVector<OpFoldResult> offsets(dims.size(), b.getIndexAttr(0)),
        ones(dims.size(), b.getIndexAttr(1));
    offsets[axis] = analysis.makeIndex(b, loc, end);
    whole = tensor::InsertSliceOp::create(b, loc, buffer, whole, offsets,
                                          tensor::getMixedSizes(b, loc, buffer),
                                          ones);
    end = normalizeSize(end + analysis.getSizes(input)[axis]);
  }
  replace(op, whole, std::move(dims));
  return success();
}

} // namespace garam
