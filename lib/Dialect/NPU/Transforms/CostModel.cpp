//===- CostModel.cpp - Estimated time of a stage --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"

#include "MicroCode.h"
#include "garam/Target/NPU/Machine/Timing.h"

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
// Engines
//===----------------------------------------------------------------------===//

/// A tensor command with the volume of a tile: what its time depends on.
static double getContractSeconds(const Stage &stage, const Box &tile,
                                 const MachineDescription &machine) {
  TensorCommand command;
  int64_t rows = 1, columns = 1, reduction = 1, batches = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
    int64_t size = tile.getSize(dim);
    switch (stage.kinds[dim]) {
    case IteratorKind::batch:
      batches *= size;
      break;
    case IteratorKind::row:
      rows *= size;
      break;
    case IteratorKind::column:
      columns *= size;
      break;
    case IteratorKind::reduction:
      reduction *= size;
      break;
    }
  }
  const StageOperand &activation = stage.inputs[0];
  const StageOperand &output = stage.outputs[0];
  int64_t inputBytes = getElementBytes(activation.type);
  int64_t outputBytes = getElementBytes(output.type);
  command.rows = {static_cast<uint32_t>(rows), 1, 1};
  command.columns = columns;
  command.reduction = {1, 1, static_cast<uint32_t>(reduction)};
  command.activation.type = static_cast<ElementType>(activation.type);
  command.activation.strides = {reduction * inputBytes, 0, 0, 0, 0, inputBytes};
  command.weight.type = static_cast<ElementType>(stage.inputs[1].type);
  command.weight.strides = {0, 0, columns * inputBytes, inputBytes, 0, 0};
  command.output.type = static_cast<ElementType>(output.type);
  command.output.strides = {columns * outputBytes, 0, 0, outputBytes, 0, 0};
  // The emitter chooses the units in the same way for each command.
  const ArrayMode *mode = machine.findMode(command.activation.type);
  if (!mode)
    return 0;
  double best = HUGE_VAL;
  for (uint32_t unitColumns = 1; unitColumns <= machine.tensor.units;
       unitColumns *= 2) {
    command.unitColumns = unitColumns;
    command.unitRows = machine.tensor.units / unitColumns;
    best =
        std::min(best, getTime(command, machine).getSeconds(machine.clockHz));
  }
  return batches * best;
}

static double getVectorSeconds(const Stage &stage, const Box &tile,
                               const MachineDescription &machine) {
  auto op = cast<VectorOp>(stage.op);
  VectorCommand command;
  SmallVector<unsigned> kept;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (stage.isParallel(dim))
      kept.push_back(dim);
  // Parallel loops as one; reductions stay apart.
  uint32_t parallel = 1;
  for (unsigned dim : kept)
    parallel *= tile.getSize(dim);
  uint32_t reduced = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (!stage.isParallel(dim))
      reduced *= tile.getSize(dim);
  command.sizes = {parallel};
  if (op.getNumReductions() != 0) {
    command.sizes.push_back(reduced);
    command.numReductionDims = 1;
  }
  auto addDescriptor = [&](const StageOperand &operand) {
    Descriptor descriptor;
    descriptor.type = static_cast<ElementType>(operand.type);
    int64_t bytes = getElementBytes(operand.type);
    descriptor.strides[0] = bytes;
    descriptor.strides[1] = 0;
    return descriptor;
  };
  for (const StageOperand &input : stage.inputs)
    command.inputs.push_back(addDescriptor(input));
  FailureOr<MicroCode> code = translateMicroProgram(op);
  if (succeeded(code)) {
    command.body = code->body;
    command.reductions = code->reductions;
    command.finish = code->finish;
    for (auto [output, stored] : llvm::zip(stage.outputs, code->outputs))
      command.outputs.push_back(
          {addDescriptor(output), stored.source, stored.isFloat});
  }
  return getTime(command, machine).getSeconds(machine.clockHz);
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
                       const MachineDescription &machine) {
  StageCost cost;
  Box tile = getLargestTile(stage, schedule);
  cost.tiles = getNumTiles(stage, schedule, [](unsigned) { return true; });
  cost.computeSeconds =
      cost.tiles * (stage.isContract()
                        ? getContractSeconds(stage, tile, machine)
                        : getVectorSeconds(stage, tile, machine));

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

} // namespace garam::npu
