//===- CostModel.cpp - Estimated time of a stage --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"

#include "Timeline.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam::npu {

int64_t getLargestPart(const Stage &stage, const StageSchedule &schedule,
                       unsigned dim) {
  int64_t grains = llvm::divideCeil(stage.sizes[dim], schedule.grain[dim]);
  return std::min(stage.sizes[dim],
                  schedule.grain[dim] * static_cast<int64_t>(llvm::divideCeil(
                                            grains, schedule.split[dim])));
}

/// The largest tile, as loops that begin at 0.
static Box getLargestTile(const Stage &stage, const StageSchedule &schedule) {
  SmallVector<int64_t> sizes;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    sizes.push_back(
        std::min(schedule.tile[dim], getLargestPart(stage, schedule, dim)));
  return Box::ofShape(sizes);
}

static Box getLargestPartBox(const Stage &stage,
                             const StageSchedule &schedule) {
  SmallVector<int64_t> sizes;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    sizes.push_back(getLargestPart(stage, schedule, dim));
  return Box::ofShape(sizes);
}

static bool isConstant(const StageOperand &operand) {
  return operand.tensor.getDefiningOp<ConstantOp>() != nullptr;
}

static int64_t getRegionBytes(const StageOperand &operand, const Box &loops) {
  return operand.getRegion(loops).getVolume() * getElementBytes(operand.type);
}

int64_t getStagedBytes(const Stage &stage, const StageSchedule &schedule) {
  Box tile = getLargestTile(stage, schedule);
  int64_t bytes = 0;
  for (const StageOperand &input : stage.inputs)
    bytes += getRegionBytes(input, tile);
  return bytes;
}

//===----------------------------------------------------------------------===//
// Transfers
//===----------------------------------------------------------------------===//

namespace {
struct Traffic {
  double inputBytes = 0, weightBytes = 0; // of the busiest core
  double dramBytes = 0;                   // of all cores
  double inputCommands = 0;               // of the busiest core
};
} // namespace

/// How many parts and tiles hold different data of `operand`.
static double getDistinctParts(const Stage &stage,
                               const StageSchedule &schedule,
                               const StageOperand &operand) {
  double parts = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (operand.dependsOn(dim))
      parts *= schedule.split[dim];
  return parts;
}

static double getNumTiles(const Stage &stage, const StageSchedule &schedule,
                          llvm::function_ref<bool(unsigned)> counts) {
  double tiles = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (counts(dim))
      tiles *= llvm::divideCeil(getLargestPart(stage, schedule, dim),
                                schedule.tile[dim]);
  return tiles;
}

/// What core 0 must bring of a tensor that stages before it made: all but what
/// it made itself.
static int64_t getMissingBytes(const StageOperand &input, const Box &part) {
  Box region = input.getRegion(part);
  auto result = dyn_cast<OpResult>(input.tensor);
  if (!result || !isStage(result.getOwner()))
    return region.getVolume() * getElementBytes(input.type);
  Stage producer = getStage(result.getOwner());
  StageSchedule schedule = getSchedule(producer);
  if (schedule.split.empty())
    return region.getVolume() * getElementBytes(input.type);
  Box own = producer.outputs[result.getResultNumber()].getRegion(
      schedule.getPart(producer, 0));
  int64_t held = own.intersect(region).getVolume();
  return (region.getVolume() - held) * getElementBytes(input.type);
}

static void addTraffic(const Stage &stage, const StageSchedule &schedule,
                       const StageOperand &input, bool multicast,
                       Traffic &traffic) {
  Box part = getLargestPartBox(stage, schedule);
  double parts = schedule.getNumParts();
  if (isConstant(input)) {
    // A reduction that is cut brings its weights again for each row tile.
    double repeats = 1;
    if (getNumTiles(stage, schedule,
                    [&](unsigned dim) { return !stage.isParallel(dim); }) > 1)
      repeats = getNumTiles(stage, schedule, [&](unsigned dim) {
        return stage.isParallel(dim) && !input.dependsOn(dim);
      });
    double bytes = getRegionBytes(input, part) * repeats;
    traffic.weightBytes += bytes;
    traffic.dramBytes +=
        bytes * (multicast ? getDistinctParts(stage, schedule, input) : parts);
    return;
  }
  double bytes = getMissingBytes(input, part);
  if (bytes == 0)
    return;
  traffic.inputBytes += bytes;
  if (isa<BlockArgument>(input.tensor)) {
    traffic.inputCommands += 1;
    traffic.dramBytes +=
        bytes * (multicast ? getDistinctParts(stage, schedule, input) : parts);
  }
}

StageCost estimateCost(const Stage &stage, const StageSchedule &schedule,
                       const MachineDescription &machine,
                       EngineTimes &engineTimes) {
  StageCost cost;
  Box tile = getLargestTile(stage, schedule);
  cost.tiles = getNumTiles(stage, schedule, [](unsigned) { return true; });
  cost.computeSeconds = cost.tiles * engineTimes.get(tile);

  Traffic traffic;
  double weightCommands = 0;
  for (const StageOperand &input : stage.inputs)
    addTraffic(stage, schedule, input, machine.network.multicast, traffic);
  if (llvm::any_of(stage.inputs, isConstant))
    weightCommands = getNumTiles(stage, schedule, [&](unsigned dim) -> bool {
      return llvm::any_of(stage.inputs, [&](const StageOperand &input) {
        return isConstant(input) && input.dependsOn(dim);
      });
    });
  double bytesPerSecond =
      std::max(1u, std::min(machine.dma.bytesPerCycle,
                            machine.network.bytesPerCyclePerCore)) *
      machine.clockHz;
  cost.inputSeconds = traffic.inputCommands * machine.dma.startSeconds +
                      traffic.inputBytes / bytesPerSecond;
  cost.weightSeconds = weightCommands * machine.dma.startSeconds +
                       traffic.weightBytes / bytesPerSecond;
  cost.dramSeconds = traffic.dramBytes /
                     (machine.dram.bytesPerSecond * machine.dram.efficiency);
  cost.fixedSeconds = machine.synchronisation.localSeconds;
  // What several cores made is brought together for the next stage; the bytes
  // count there.
  if (schedule.getNumParts() > 1)
    cost.fixedSeconds +=
        machine.synchronisation.remoteSeconds + machine.dma.startSeconds;
  return cost;
}

double estimateSeconds(func::FuncOp func, const MachineDescription &machine) {
  Timeline timeline(machine);
  for (Operation &op : func.front()) {
    if (!isStage(&op)) {
      timeline.runOther(&op);
      continue;
    }
    Stage stage = getStage(&op);
    SmallVector<HomeKind> homes;
    for (OpResult result : op.getResults())
      homes.push_back(getHome(result));
    EngineTimes engineTimes(stage, machine);
    timeline.runStage(stage, getSchedule(stage), homes, engineTimes);
  }
  return timeline.finish();
}

} // namespace garam::npu
