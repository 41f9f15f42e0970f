//===- CropUnreadElements.cpp - Slices operands to what a window reads ----===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_CROPUNREADELEMENTS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// The extent that `index` reaches where it becomes a loop's own index as soon
/// as loops of one iteration are gone: a window that fits once. Nothing for any
/// other index.
std::optional<int64_t> getWindowExtent(AffineExpr index,
                                       ArrayRef<int64_t> loops) {
  SmallVector<int64_t> coefficients; // of the loops, and the constant
  if (isa<AffineDimExpr>(index) ||
      failed(getFlattenedAffineExpr(index, loops.size(), /*numSymbols=*/0,
                                    &coefficients)) ||
      coefficients.size() != loops.size() + 1 || coefficients.back() != 0)
    return std::nullopt;
  std::optional<int64_t> extent;
  for (auto [size, coefficient] : llvm::zip(loops, coefficients)) {
    if (coefficient == 0 || size == 1)
      continue;
    if (extent || coefficient != 1)
      return std::nullopt;
    extent = size;
  }
  return extent;
}

void crop(linalg::GenericOp op, OpOperand &operand, OpBuilder &builder) {
  auto type = dyn_cast<RankedTensorType>(operand.get().getType());
  if (!type)
    return;
  SmallVector<int64_t> loops = op.getStaticLoopRanges();
  llvm::SmallDenseMap<unsigned, int64_t> extents; // by dimension
  for (auto [dim, index] :
       llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
    if (std::optional<int64_t> extent = getWindowExtent(index, loops);
        extent && *extent != type.getDimSize(dim))
      extents[dim] = *extent;
  if (extents.empty())
    return;
  builder.setInsertionPoint(op);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, op.getLoc(), operand.get());
  for (auto [dim, extent] : extents)
    sizes[dim] = builder.getIndexAttr(extent);
  SmallVector<OpFoldResult> zeros(sizes.size(), builder.getIndexAttr(0)),
      ones(sizes.size(), builder.getIndexAttr(1));
  operand.set(tensor::ExtractSliceOp::create(
      builder, op.getLoc(), operand.get(), zeros, sizes, ones));
}

struct CropUnreadElements : impl::CropUnreadElementsBase<CropUnreadElements> {
  void runOnOperation() override {
    OpBuilder builder(&getContext());
    getOperation().walk([&](linalg::GenericOp op) {
      for (OpOperand *operand : op.getDpsInputOperands())
        crop(op, *operand, builder);
    });
  }
};

} // namespace
} // namespace garam
