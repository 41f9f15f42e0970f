//===- GatherLowering.cpp - Indirect transfers ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

using namespace mlir;

namespace garam::npu {

/// The core whose DMA engine gathers. One is enough: the transfer is bound by
/// its bursts, and the indices would have to be in each core.
static constexpr int64_t gatherCore = 0;

void StageLowering::lowerGather(GatherOp op) {
  emitter.loc = op.getLoc();
  RankedTensorType inputType = getTensorType(op.getInput());
  RankedTensorType indexType = getTensorType(op.getIndices());
  int64_t elementBytes = getElementBytes(op.getInput());

  Home source = getHome(op.getInput());
  if (!isRowMajor(source, inputType))
    source = makeRowMajor(op.getInput());
  Piece indices = emitter.createLocalPiece(
      Box::ofShape(indexType.getShape()),
      llvm::to_vector(llvm::seq<int64_t>(0, indexType.getRank())),
      getElementBytes(op.getIndices()), {gatherCore});
  copyTo(op.getIndices(), indices);
  Piece result = createRowMajorPiece(op.getResult(), {gatherCore});

  // Three loops: what lies before the axis, the indices, what lies behind.
  int64_t before = 1, behind = 1, axis = op.getAxis();
  for (int64_t dim = 0; dim < inputType.getRank(); ++dim) {
    if (dim < axis)
      before *= inputType.getDimSize(dim);
    else if (dim > axis)
      behind *= inputType.getDimSize(dim);
  }
  int64_t extent = inputType.getDimSize(axis);
  int64_t count = indexType.getNumElements();
  const Piece &from = source.pieces.front();
  auto describe = [&](int64_t offset, int64_t middle, ElementKind kind) {
    WalkOperand walk;
    walk.offset = offset;
    walk.type = kind;
    walk.strides = {middle * behind * elementBytes, behind * elementBytes,
                    elementBytes};
    return walk.getAttr(emitter.builder.getContext());
  };
  ElementKind kind = getElementKind(inputType.getElementType(), false);
  WalkOperand indexWalk;
  indexWalk.type = getElementKind(indexType.getElementType(), false);
  indexWalk.strides = {getElementBytes(op.getIndices())};
  SmallVector<Attribute> descriptors = {
      describe(from.view.base, extent, kind),
      describe(result.view.base, count, kind),
      indexWalk.getAttr(emitter.builder.getContext())};
  IntegerAttr sourceCore;
  if (from.space == SpaceKind::local)
    sourceCore = emitter.builder.getI64IntegerAttr(
        from.isLocalTo(gatherCore) ? gatherCore : from.cores.front());
  Slot &slot = emitter.startSlot(/*startsStage=*/true);
  constexpr int64_t indexLoop = 1;
  slot.stores.push_back(DMACommandOp::create(
      emitter.builder, op.getLoc(), gatherCore, from.view.buffer,
      result.view.buffer, indices.view.buffer,
      SmallVector<int64_t>{before, count, behind}, elementBytes,
      emitter.builder.getArrayAttr(descriptors), sourceCore, nullptr, nullptr,
      emitter.builder.getI64IntegerAttr(indexLoop),
      emitter.builder.getI64IntegerAttr(extent)));
  homes[op.getResult()] = {{result}};
}

} // namespace garam::npu
