//===- StageLowering.cpp - From a scheduled stage to commands -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "TileGeometry.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

LogicalResult StageLowering::checkLength(const Stage &stage,
                                         const StageSchedule &schedule) {
  uint64_t tiles = countTiles(getLargestPart(stage, schedule), schedule.tile);
  uint64_t &commands =
      stage.isContract() ? numTensorCommands : numVectorCommands;
  commands = llvm::SaturatingAdd(commands, tiles);
  if (commands > maxExecutedCommands)
    return emitAsRefusal(
        stage.op->emitOpError("brings a queue to ")
        << commands << " commands; a program executes at most "
        << maxExecutedCommands
        << " in a queue: run a smaller batch or shape several times");
  return success();
}

LogicalResult StageLowering::lowerStage(Operation *op) {
  Stage stage = getStage(op);
  StageSchedule schedule = getSchedule(stage);
  if (failed(checkLength(stage, schedule)))
    return failure();
  emitter.loc = op->getLoc();
  createHomes(stage, schedule);
  staged.clear();
  gathered.clear();
  SliceAttr slice = getSlice(op);
  bool isBehindStage = emitter.getNumSlots() == slotsOfStages;
  stageInFront = slice && isBehindStage ? lastStage : nullptr;
  if (slice && slice.getGroup() != residentGroup) {
    resident.clear();
    residentGroup = slice.getGroup();
  }

  Value program;
  MicroCode code;
  if (auto vector = dyn_cast<VectorOp>(op)) {
    FailureOr<MicroCode> translated = translateMicroProgram(vector);
    if (failed(translated))
      return failure();
    code = std::move(*translated);
    program = createMicroProgram(vector);
  }

  SmallVector<SmallVector<Box>> tiles;
  SmallVector<Box> parts;
  size_t numSlots = 0;
  for (int64_t part = 0; part < schedule.getNumParts(); ++part) {
    parts.push_back(schedule.getPart(stage, part));
    tiles.push_back(
        enumerateTiles(stage, parts.back(), schedule.tile, emitter.machine));
    numSlots = std::max(numSlots, tiles.back().size());
  }
  for (size_t number = 0; number < numSlots; ++number) {
    Slot &slot = emitter.startSlot(/*startsStage=*/number == 0);
    stagedInSlot.clear();
    for (auto [part, partTiles] : llvm::enumerate(tiles)) {
      if (number >= partTiles.size())
        continue;
      Tile tile{stage,
                partTiles[number],
                parts[part],
                schedule.tile,
                schedule.getCore(part),
                slot,
                {}};
      LogicalResult result = stage.isContract()
                                 ? lowerContractTile(tile)
                                 : lowerVectorTile(tile, program, code);
      if (failed(result))
        return failure();
    }
  }
  lastStage = op;
  slotsOfStages = emitter.getNumSlots();
  return success();
}

} // namespace garam::npu
