//===- CostModel.cpp - Estimated times of schedules -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"

#include "TileGeometry.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace garam::npu {

StageCost::StageCost(const Timeline &past, const Stage &stage,
                     const MachineDescription &machine,
                     std::optional<CoreGroup> cores)
    : stage(stage), machine(machine),
      cores(cores.value_or(CoreGroup::ofAll(machine))), past(past.getView()) {
  for (const StageOperand &operand : stage.inputs) {
    const HomeChoice *choice = past.getChoice(operand.tensor);
    if (!choice)
      continue;
    inputs.push_back({cast<OpResult>(operand.tensor), *choice});
  }
}

/// Where the inputs are best kept under `schedule`.
StageCost::Homes StageCost::chooseHomes(const StageSchedule &schedule) const {
  Homes homes;
  for (const Input &input : inputs) {
    HomeChoice choice = input.choice;
    choice.addConsumer(stage, schedule);
    homes.push_back(choice.getKind());
  }
  return homes;
}

void StageCost::moveInputs(Timeline &timeline, const Homes &homes) const {
  for (auto [input, kind] : llvm::zip_equal(inputs, homes))
    if (kind != HomeKind::Split && timeline.isSplit(input.result))
      timeline.moveHome(input.result, kind);
}

/// The past with the inputs in `homes`.
const Timeline &StageCost::getMoved(const Homes &homes) {
  for (const auto &[known, timeline] : moved)
    if (known == homes)
      return timeline;
  moved.emplace_back(homes, past);
  moveInputs(moved.back().second, homes);
  return moved.back().second;
}

bool StageCost::runStage(Timeline &timeline, StageTiles &tiles,
                         double limit) const {
  // Nothing reads the results yet, so they stay where they are made, unless it
  // is known that there is no room.
  SmallVector<HomeKind> homes;
  for (OpResult result : stage.op->getResults())
    homes.push_back(past.isReturnedOnly(result) ? HomeKind::Output
                                                : getHome(result));
  return timeline.runStage(stage, tiles, homes, cores, limit);
}

void StageCost::advance(Timeline &timeline, const StageSchedule &schedule,
                        StageTiles &tiles) const {
  moveInputs(timeline, chooseHomes(schedule));
  runStage(timeline, tiles, HUGE_VAL);
  timeline.noteStage(stage, schedule);
}

double StageCost::getEnd(const StageSchedule &schedule, StageTiles &tiles,
                         double limit) {
  double handover = getHandover(schedule);
  if (past.isLateAtOnce(stage, tiles, limit - handover))
    return HUGE_VAL;
  followed = getMoved(chooseHomes(schedule));
  if (!runStage(*followed, tiles, limit - handover))
    return HUGE_VAL;
  return followed->finish(cores) + handover;
}

double getEngineSeconds(const Stage &stage, const StageSchedule &schedule,
                        EngineTimes &engineTimes) {
  Box largest = Box::ofShape(getLargestPart(stage, schedule));
  return engineTimes.getAll(largest, schedule.tile);
}

double StageCost::getLeastEnd(const StageSchedule &schedule,
                              double engineSeconds) const {
  return past.getFree(stage, schedule) + engineSeconds + getHandover(schedule);
}

/// What several cores made is brought together for the next stage: it waits for
/// a signal and for the start of a transfer. The bytes count there.
double StageCost::getHandover(const StageSchedule &schedule) const {
  if (schedule.getNumParts() == 1 ||
      llvm::all_of(stage.op->getResults(), [&](OpResult result) {
        return past.isReturnedOnly(result);
      }))
    return 0;
  return machine.synchronisation.remoteSeconds + machine.dma.startSeconds;
}

FailureOr<FunctionCost> estimateCost(func::FuncOp func,
                                     const MachineDescription &machine) {
  if (func.isExternal())
    return FunctionCost();
  FunctionCost cost;
  Timeline timeline(machine);
  for (Operation &op : func.front()) {
    if (isOpTriviallyDead(&op))
      continue;
    if (!isStage(&op)) {
      timeline.runOther(&op);
      continue;
    }
    if (failed(checkScheduled(&op, machine)))
      return failure();
    Stage stage = getStage(&op);
    SmallVector<HomeKind> homes;
    for (OpResult result : op.getResults())
      homes.push_back(getHome(result));
    EngineTimes engineTimes(stage, machine);
    double begin = timeline.getEnd();
    StageTiles tiles(stage, getSchedule(stage), engineTimes, machine);
    timeline.runStage(stage, tiles, homes, CoreGroup::ofAll(machine));
    cost.stageSeconds.emplace_back(op.getLoc(), timeline.getEnd() - begin);
  }
  cost.seconds = timeline.finish();
  cost.joules = timeline.getWork().joules;
  cost.dramBytes = timeline.getWork().dramBytes;
  return cost;
}

} // namespace garam::npu
