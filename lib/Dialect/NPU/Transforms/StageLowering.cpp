//===- StageLowering.cpp - From a scheduled stage to commands -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

using namespace mlir;

namespace garam::npu {

/// Loops from the slowest to the fastest in the order of tiles: a column tile's
/// weights stay while the rows pass, and a sum is finished before the next
/// begins.
static SmallVector<unsigned> getTileOrder(const Stage &stage) {
  SmallVector<unsigned> order;
  for (IteratorKind kind : {IteratorKind::batch, IteratorKind::column,
                            IteratorKind::row, IteratorKind::reduction})
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == kind)
        order.push_back(dim);
  return order;
}

/// `part` cut into tiles.
static SmallVector<Box> enumerateTiles(const Box &part,
                                       ArrayRef<int64_t> tileSizes,
                                       ArrayRef<unsigned> order) {
  SmallVector<Box> tiles;
  if (part.isEmpty())
    return tiles;
  Box tile = part;
  for (unsigned dim : order)
    tile.high[dim] = std::min(part.high[dim], tile.low[dim] + tileSizes[dim]);
  while (true) {
    tiles.push_back(tile);
    // Count up, the last loop of `order` fastest.
    int place = static_cast<int>(order.size()) - 1;
    for (; place >= 0; --place) {
      unsigned dim = order[place];
      tile.low[dim] = tile.high[dim];
      bool wraps = tile.low[dim] >= part.high[dim];
      if (wraps)
        tile.low[dim] = part.low[dim];
      tile.high[dim] = std::min(part.high[dim], tile.low[dim] + tileSizes[dim]);
      if (!wraps)
        break;
    }
    if (place < 0)
      return tiles;
  }
}

LogicalResult StageLowering::lowerStage(Operation *op) {
  if (failed(checkScheduled(op)))
    return failure();
  Stage stage = getStage(op);
  StageSchedule schedule = getSchedule(stage);
  emitter.loc = op->getLoc();
  createHomes(stage, schedule);
  staged.clear();

  Value program;
  if (auto vector = dyn_cast<VectorOp>(op))
    program = createMicroProgram(vector);

  SmallVector<unsigned> order = getTileOrder(stage);
  SmallVector<SmallVector<Box>> tiles;
  SmallVector<Box> parts;
  size_t numSlots = 0;
  for (int64_t core = 0; core < schedule.getNumParts(); ++core) {
    parts.push_back(schedule.getPart(stage, core));
    tiles.push_back(enumerateTiles(parts.back(), schedule.tile, order));
    numSlots = std::max(numSlots, tiles.back().size());
  }
  for (size_t number = 0; number < numSlots; ++number) {
    Slot &slot = emitter.startSlot(/*startsStage=*/number == 0);
    stagedInSlot.clear();
    for (auto [core, coreTiles] : llvm::enumerate(tiles)) {
      if (number >= coreTiles.size())
        continue;
      Tile tile{stage,       coreTiles[number],
                parts[core], static_cast<int64_t>(core),
                slot,        {}};
      LogicalResult result = stage.isContract()
                                 ? lowerContractTile(tile)
                                 : lowerVectorTile(tile, program);
      if (failed(result))
        return failure();
    }
  }
  return success();
}

} // namespace garam::npu
