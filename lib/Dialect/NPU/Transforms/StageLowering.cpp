//===- StageLowering.cpp - From a scheduled stage to commands -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {

LogicalResult StageLowering::lowerStage(Operation *op) {
  if (failed(checkScheduled(op)) || failed(checkHomes(op)))
    return failure();
  Stage stage = getStage(op);
  StageSchedule schedule = getSchedule(stage);
  emitter.loc = op->getLoc();
  createHomes(stage, schedule);
  staged.clear();

  Value program;
  if (auto vector = dyn_cast<VectorOp>(op))
    program = createMicroProgram(vector);

  SmallVector<SmallVector<Box>> tiles;
  SmallVector<Box> parts;
  size_t numSlots = 0;
  for (int64_t core = 0; core < schedule.getNumParts(); ++core) {
    parts.push_back(schedule.getPart(stage, core));
    tiles.push_back(enumerateTiles(stage, parts.back(), schedule.tile));
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
