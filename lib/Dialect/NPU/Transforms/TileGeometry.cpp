//===- TileGeometry.cpp - Which tiles there are, and what they read -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TileGeometry.h"

#include "Tuning.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

int64_t getLargestPart(const Stage &stage, const StageSchedule &schedule,
                       unsigned dim) {
  int64_t grains = llvm::divideCeil(stage.sizes[dim], schedule.grain[dim]);
  return std::min(stage.sizes[dim],
                  schedule.grain[dim] * static_cast<int64_t>(llvm::divideCeil(
                                            grains, schedule.split[dim])));
}

SmallVector<int64_t> getLargestPart(const Stage &stage,
                                    const StageSchedule &schedule) {
  SmallVector<int64_t> sizes;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    sizes.push_back(getLargestPart(stage, schedule, dim));
  return sizes;
}

Box getTile(const Stage &stage, const StageSchedule &schedule) {
  SmallVector<int64_t> sizes = getLargestPart(stage, schedule);
  for (auto [size, tile] : llvm::zip_equal(sizes, schedule.tile))
    size = std::min(size, tile);
  return Box::ofShape(sizes);
}

static int64_t getBytes(const StageOperand &operand, const Box &tile) {
  return operand.getRegion(tile).getVolume() * getElementBytes(operand.type);
}

int64_t getStagedBytes(const Stage &stage, const StageSchedule &schedule) {
  Box tile = getTile(stage, schedule);
  int64_t bytes = 0;
  for (const StageOperand &input : stage.inputs)
    if (!input.isHeld)
      bytes += getBytes(input, tile);
  return bytes;
}

int64_t getHeldBytes(const Stage &stage, const StageSchedule &schedule) {
  Box tile = getTile(stage, schedule);
  int64_t bytes = 0;
  for (ArrayRef<StageOperand> operands :
       {ArrayRef<StageOperand>(stage.inputs),
        ArrayRef<StageOperand>(stage.outputs)})
    for (const StageOperand &operand : operands)
      if (operand.isHeld)
        bytes += getBytes(operand, tile);
  return bytes;
}

std::pair<bool, bool> getSumEnds(const Stage &stage, const Box &tile) {
  bool first = true, last = true;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
    if (stage.isParallel(dim))
      continue;
    first &= tile.low[dim] == 0;
    last &= tile.high[dim] == stage.sizes[dim];
  }
  return {first, last};
}

bool needsInput(const Stage &stage, const StageOperand &operand,
                const Box &tile) {
  return (operand.role != OperandRole::Scale &&
          operand.role != OperandRole::Bias) ||
         getSumEnds(stage, tile).second;
}

/// Whether the tiles of a contraction's input are worth keeping.
static bool keepsInput(const Stage &stage, ArrayRef<int64_t> tileSizes,
                       const MachineDescription &machine) {
  if (!stage.isContract())
    return false;
  Box tile = Box::ofShape(stage.sizes);
  for (auto [high, size] : llvm::zip_equal(tile.high, tileSizes))
    high = std::min(high, size);
  return getSumEnds(stage, tile).second &&
         getBytes(stage.inputs[0], tile) >
             static_cast<int64_t>(machine.local.bytes) /
                 tuning::wholePartFraction;
}

SmallVector<unsigned> getTileOrder(const Stage &stage,
                                   ArrayRef<int64_t> tileSizes,
                                   const MachineDescription &machine) {
  SmallVector<unsigned> order;
  IteratorKind slow = IteratorKind::column, fast = IteratorKind::row;
  if (keepsInput(stage, tileSizes, machine))
    std::swap(slow, fast);
  for (IteratorKind kind :
       {IteratorKind::batch, slow, fast, IteratorKind::reduction})
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == kind)
        order.push_back(dim);
  return order;
}

uint64_t countTiles(ArrayRef<int64_t> partSizes, ArrayRef<int64_t> tileSizes) {
  uint64_t count = 1;
  for (auto [part, tile] : llvm::zip_equal(partSizes, tileSizes))
    count = llvm::SaturatingMultiply<uint64_t>(
        count, part > 0 ? llvm::divideCeil(part, tile) : 0);
  return count;
}

Box getTileAt(ArrayRef<unsigned> order, const Box &part,
              ArrayRef<int64_t> tileSizes, uint64_t number) {
  Box tile = part;
  // The last loop of `order` is the fastest.
  for (unsigned dim : llvm::reverse(order)) {
    uint64_t count = llvm::divideCeil(part.getSize(dim), tileSizes[dim]);
    tile.low[dim] += number % count * tileSizes[dim];
    tile.high[dim] = std::min(part.high[dim], tile.low[dim] + tileSizes[dim]);
    number /= count;
  }
  return tile;
}

SmallVector<Box> enumerateTiles(const Stage &stage, const Box &part,
                                ArrayRef<int64_t> tileSizes,
                                const MachineDescription &machine) {
  SmallVector<Box> tiles;
  SmallVector<unsigned> order = getTileOrder(stage, tileSizes, machine);
  uint64_t count = countTiles(part.getShape(), tileSizes);
  for (uint64_t number = 0; number < count; ++number)
    tiles.push_back(getTileAt(order, part, tileSizes, number));
  return tiles;
}

bool isPackable(const StageOperand &operand) {
  if (!operand.tensor.getDefiningOp<ConstantOp>() ||
      llvm::is_contained(operand.padding, true))
    return false;
  return llvm::all_of(operand.coefficients, [](const auto &row) {
    return llvm::count_if(row, [](int64_t c) { return c != 0; }) <= 1;
  });
}

Box getBroughtRegion(const StageOperand &operand, const Box &part,
                     const Box &tile, const MachineDescription &machine) {
  Box region = operand.getRegion(part);
  int64_t bytes = region.getVolume() * getElementBytes(operand.type);
  if (bytes >
      static_cast<int64_t>(machine.local.bytes) / tuning::wholePartFraction)
    return operand.getRegion(tile);
  return region;
}

Box getRoom(const Box &box, const Box &consumed) {
  Box room = box.hull(consumed);
  return room.getVolume() > tuning::maxRoomGrowth * box.getVolume() ? box
                                                                    : room;
}

SmallVector<int64_t> getLayoutOf(const BufferView &view) {
  SmallVector<int64_t> layout =
      llvm::to_vector(llvm::seq<int64_t>(0, view.strides.size()));
  llvm::stable_sort(layout, [&](int64_t a, int64_t b) {
    return std::abs(view.strides[a]) > std::abs(view.strides[b]);
  });
  return layout;
}

Walk makeCopyWalk(const BufferView &source, const BufferView &destination,
                  const Box &box) {
  // Loops in the order of the destination's memory, so that neighbours join
  // where both sides are dense.
  Walk walk;
  walk.operands.resize(2);
  walk.operands[0].offset = source.getOffset(box.low);
  walk.operands[1].offset = destination.getOffset(box.low);
  for (int64_t dim : getLayoutOf(destination)) {
    walk.sizes.push_back(box.getSize(dim));
    walk.groups.push_back(0);
    walk.operands[0].strides.push_back(source.strides[dim]);
    walk.operands[1].strides.push_back(destination.strides[dim]);
  }
  walk.compact();
  return walk;
}

} // namespace garam::npu
