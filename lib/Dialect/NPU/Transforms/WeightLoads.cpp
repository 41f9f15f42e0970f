//===- WeightLoads.cpp - Transfers of weights to local memory -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "WeightLoads.h"

using namespace mlir;

namespace garam::npu {

bool isWeightLoad(Operation *op) {
  auto dma = dyn_cast<DMACommandOp>(op);
  if (!dma || !dma.getSource() || dma.getIndices() || dma.getReceivers())
    return false;
  auto source = dma.getSource().getDefiningOp<BufferOp>();
  return (source.getParts() || source.getResident()) &&
         dma.getDestination().getDefiningOp<BufferOp>().getCores();
}

bool isContiguous(DMACommandOp load) {
  auto descriptors = load.getDescriptors().getAsRange<DescriptorAttr>();
  return load.getSizes().size() == 1 &&
         llvm::all_of(descriptors, [&](DescriptorAttr descriptor) {
           return descriptor.getStrides()[0] ==
                      static_cast<int64_t>(load.getElementBytes()) &&
                  descriptor.getGuards().empty();
         });
}

/// The contiguous walk that begins at byte `offset`.
static DescriptorAttr moveTo(DescriptorAttr walk, int64_t offset) {
  return DescriptorAttr::get(walk.getContext(), offset, walk.getType(),
                             walk.getStrides(), /*loops=*/{}, walk.getTerm(),
                             /*guards=*/{}, walk.getFill());
}

int64_t getContiguousBytes(DMACommandOp load) {
  return load.getSizes()[0] * static_cast<int64_t>(load.getElementBytes());
}

DMACommandOp createPart(DMACommandOp load, int64_t begin, int64_t size) {
  OpBuilder builder(load);
  auto part = cast<DMACommandOp>(builder.clone(*load));
  part.setSizes({size / static_cast<int64_t>(load.getElementBytes())});
  SmallVector<Attribute> descriptors;
  for (auto whole : load.getDescriptors().getAsRange<DescriptorAttr>())
    descriptors.push_back(moveTo(whole, whole.getOffset() + begin));
  part.setDescriptorsAttr(builder.getArrayAttr(descriptors));
  return part;
}

static void split(DMACommandOp load, int64_t maxBytes) {
  int64_t bytes = getContiguousBytes(load);
  int64_t partBytes = llvm::alignDown(maxBytes, load.getElementBytes());
  for (int64_t begin = 0; begin < bytes; begin += partBytes)
    createPart(load, begin, std::min(partBytes, bytes - begin));
  load.erase();
}

void splitWeightLoads(func::FuncOp func, int64_t maxBytes) {
  for (DMACommandOp op :
       llvm::make_early_inc_range(func.getOps<DMACommandOp>()))
    if (isWeightLoad(op) && isContiguous(op) &&
        getContiguousBytes(op) > maxBytes)
      split(op, maxBytes);
}

DMACommandOp stageWeightLoad(DMACommandOp load, BufferOp buffer) {
  OpBuilder builder(load);
  auto fill = cast<DMACommandOp>(builder.clone(*load));
  auto walks =
      llvm::to_vector(load.getDescriptors().getAsRange<DescriptorAttr>());
  fill.getDestinationMutable().assign(buffer);
  fill.setDescriptorsAttr(
      builder.getArrayAttr({walks[0], moveTo(walks[1], 0)}));
  load.getSourceMutable().assign(buffer);
  load.setDescriptorsAttr(
      builder.getArrayAttr({moveTo(walks[0], 0), walks[1]}));
  return fill;
}

} // namespace garam::npu
