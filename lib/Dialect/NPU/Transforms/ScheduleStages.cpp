//===- ScheduleStages.cpp - Core split and tiles of stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"
#include "Machine.h"
#include "ScheduleCandidates.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSCHEDULESTAGES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// A schedule and when the stages behind it can go on.
struct Choice {
  StageSchedule schedule;
  double end;
};

/// How many schedules of a stage are tried with the stage that follows.
constexpr size_t numTried = 3;

/// The best schedules of a stage behind `past`, the best first; of equal ones
/// that found first. At most `count`; none when the stage does not fit.
std::vector<Choice> findBest(const Timeline &past, const Stage &stage,
                             const MachineDescription &machine, size_t count) {
  StageCost cost(past, stage, machine);
  std::vector<Choice> candidates;
  for (StageSchedule &schedule : findSchedules(stage, machine).schedules) {
    double least = cost.getLeastEnd(schedule);
    candidates.push_back({std::move(schedule), least});
  }
  auto endsBefore = [](const Choice &a, const Choice &b) {
    return a.end < b.end;
  };
  llvm::stable_sort(candidates, endsBefore);
  std::vector<Choice> best;
  for (Choice &candidate : candidates) {
    bool isFull = best.size() == count;
    if (isFull && candidate.end >= best.back().end)
      break;
    candidate.end = cost.getEnd(candidate.schedule);
    if (isFull && candidate.end >= best.back().end)
      continue;
    if (isFull)
      best.pop_back();
    best.insert(llvm::upper_bound(best, candidate, endsBefore),
                std::move(candidate));
  }
  return best;
}

class Scheduler {
public:
  Scheduler(func::FuncOp func, const MachineDescription &machine)
      : func(func), machine(machine), timeline(machine) {}

  LogicalResult run() {
    for (Operation &op : func.front()) {
      if (!isStage(&op))
        timeline.runOther(&op);
      else if (failed(schedule(&op)))
        return failure();
    }
    return success();
  }

private:
  LogicalResult schedule(Operation *op) {
    Stage stage = getStage(op);
    std::vector<Choice> choices = findBest(timeline, stage, machine, numTried);
    if (choices.empty())
      return explain(stage);
    const Choice *best = &choices.front();
    double bestEnd = HUGE_VAL;
    if (choices.size() > 1)
      for (const Choice &choice : choices) {
        double end = getNextEnd(stage, choice);
        if (end < bestEnd) {
          best = &choice;
          bestEnd = end;
        }
      }
    setSchedule(stage, best->schedule);
    StageCost(timeline, stage, machine).advance(timeline, best->schedule);
    return success();
  }

  /// Says why a stage has no schedule.
  LogicalResult explain(const Stage &stage) {
    InFlightDiagnostic error = stage.op->emitOpError("fits ")
                               << machine.name << " in no way: ";
    uint64_t tiles = findSchedules(stage, machine).fewestTiles;
    if (tiles == std::numeric_limits<uint64_t>::max())
      error << "one tile needs more than " << getTileMemory(machine)
            << " bytes of a core's memory";
    else
      error << "a core would compute " << tiles << " tiles, and at most "
            << maxStageTiles
            << " are possible: run a smaller batch or shape several times";
    return emitAsRefusal(std::move(error));
  }

  /// When the stage behind `stage` can be done at best.
  double getNextEnd(const Stage &stage, const Choice &choice) {
    setSchedule(stage, choice.schedule);
    Operation *last = stage.op->getNextNode();
    while (last && !isStage(last) && last->getNextNode())
      last = last->getNextNode();
    Timeline ahead = timeline.getView(stage.op, last);
    StageCost(timeline, stage, machine).advance(ahead, choice.schedule);
    for (Operation *op = stage.op->getNextNode(); op; op = op->getNextNode()) {
      if (!isStage(op)) {
        ahead.runOther(op);
        continue;
      }
      std::vector<Choice> next = findBest(ahead, getStage(op), machine, 1);
      return next.empty() ? choice.end : next.front().end;
    }
    return ahead.finish();
  }

  func::FuncOp func;
  const MachineDescription &machine;
  Timeline timeline;
};

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(scheduleStages(getOperation(), *machine)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult scheduleStages(func::FuncOp func,
                             const MachineDescription &machine) {
  if (func.isExternal())
    return success();
  return Scheduler(func, machine).run();
}

} // namespace garam::npu
