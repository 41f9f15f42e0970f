//===- ScheduleSearch.cpp - The best schedules of all stages --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ScheduleSearch.h"

#include "ScheduleCandidates.h"
#include "garam/Target/DeviceTarget.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

void ScheduleSearch::findLastUses() {
  for (Operation &op : func.front())
    operations.push_back(&op);
  auto extend = [&](Value value, size_t position) {
    size_t &last = lastUses[value];
    last = std::max(last, position);
  };
  for (size_t position = operations.size(); position-- > 0;) {
    Operation *op = operations[position];
    size_t last = position;
    // What is written to a tensor later is seen through its views.
    if (isa<ReshapeOp, ViewOp, ConcatOp>(op))
      last = std::max(last, lastUses.lookup(op->getResult(0)));
    for (Value operand : op->getOperands())
      extend(operand, last);
  }
}

/// The first stage at `position` or behind it, or the end.
size_t ScheduleSearch::findStage(size_t position) const {
  while (position < operations.size() && !isStage(operations[position]))
    ++position;
  return position;
}

/// Says why a stage has no schedule.
LogicalResult ScheduleSearch::refuse(const Stage &stage,
                                     uint64_t fewestTiles) const {
  InFlightDiagnostic error = stage.op->emitOpError("fits ")
                             << machine.name << " in no way: ";
  if (fewestTiles == std::numeric_limits<uint64_t>::max())
    error << "one tile needs more than " << getTileMemory(machine)
          << " bytes of a core's memory";
  else
    error << "a core would compute " << fewestTiles << " tiles, and at most "
          << maxStageTiles
          << " are possible: run a smaller batch or shape several times";
  return emitAsRefusal(std::move(error));
}

/// Makes what is known of the stage at `position` the next options.
LogicalResult ScheduleSearch::findOptions(size_t position) {
  if (position == operations.size())
    return success();
  nextOptions = std::make_unique<Options>(operations[position], machine);
  const Stage &stage = nextOptions->stage;
  FoundSchedules found = findSchedules(stage, machine);
  if (found.schedules.empty())
    return refuse(stage, found.fewestTiles);
  for (StageSchedule &schedule : found.schedules) {
    double seconds =
        getEngineSeconds(stage, schedule, nextOptions->engineTimes);
    nextOptions->candidates.push_back({std::move(schedule), seconds});
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// The best schedules of a stage behind `past`, the best first; of equal ones
/// that found first.
std::vector<ScheduleSearch::Choice>
ScheduleSearch::findBest(const Timeline &past, Options &options) const {
  StageCost cost(past, options.stage, options.engineTimes, machine);
  std::vector<Choice> choices;
  for (const Candidate &candidate : options.candidates)
    choices.push_back(
        {&candidate.schedule,
         cost.getLeastEnd(candidate.schedule, candidate.engineSeconds)});
  auto endsBefore = [](const Choice &a, const Choice &b) {
    return a.end < b.end;
  };
  llvm::stable_sort(choices, endsBefore);
  std::vector<Choice> best;
  for (Choice choice : choices) {
    bool isFull = best.size() == width.choices;
    if (isFull && choice.end >= best.back().end)
      break;
    choice.end =
        cost.getEnd(*choice.schedule, isFull ? best.back().end : HUGE_VAL);
    if (isFull && choice.end >= best.back().end)
      continue;
    if (isFull)
      best.pop_back();
    best.insert(llvm::upper_bound(best, choice, endsBefore), choice);
  }
  return best;
}

/// Lets go of what only operations up to `position` read.
void ScheduleSearch::forgetRead(Timeline &timeline, Operation *op,
                                size_t position) {
  for (Value operand : op->getOperands())
    if (lastUses.lookup(operand) == position)
      timeline.forget(operand);
}

/// Follows the operations from `begin` to the stage at `stage`, which has the
/// next options, and looks for schedules of it.
ScheduleSearch::Path ScheduleSearch::makePath(Timeline timeline, size_t begin,
                                              size_t stage) {
  for (size_t position = begin; position < stage; ++position) {
    timeline.runOther(operations[position]);
    forgetRead(timeline, operations[position], position);
  }
  Path path{std::move(timeline), nullptr, nullptr, {}, 0};
  if (stage == operations.size()) {
    path.end = path.timeline.finish();
    return path;
  }
  path.next = findBest(path.timeline, *nextOptions);
  path.end = path.next.front().end;
  return path;
}

/// Goes on with each of the next choices of `path`, from the stage at
/// `position` to the one at `next`.
std::vector<ScheduleSearch::Path>
ScheduleSearch::branch(Path &path, size_t position, size_t next) {
  std::vector<Path> paths;
  Operation *op = operations[position];
  for (const Choice &choice : path.next) {
    Timeline timeline = path.timeline;
    setSchedule(op, *choice.schedule);
    StageCost(timeline, options->stage, options->engineTimes, machine)
        .advance(timeline, *choice.schedule);
    forgetRead(timeline, op, position);
    Path &longer =
        paths.emplace_back(makePath(std::move(timeline), position + 1, next));
    longer.before = path.before;
    longer.last = choice.schedule;
  }
  return paths;
}

/// Those paths that go on, behind the stage at `position`, the best first; of
/// equal ones that found first.
std::vector<ScheduleSearch::Path>
ScheduleSearch::keepBest(std::vector<Path> paths, size_t position) {
  llvm::stable_sort(paths,
                    [](const Path &a, const Path &b) { return a.end < b.end; });
  std::vector<Path> best;
  for (Path &path : paths) {
    if (best.size() == width.paths)
      break;
    if (llvm::any_of(best, [&](const Path &other) {
          return other.last->split == path.last->split;
        }))
      continue;
    best.push_back(std::move(path));
  }
  for (Path &path : best) {
    size_t number = path.before ? path.before->number + 1 : 0;
    steps.push_back({operations[position], *path.last, path.before, number});
    path.before = &steps.back();
  }
  return best;
}

/// Gives the stages the schedules of a path, which is at most one stage longer
/// than the one whose they have. Before where the two part, they have them.
void ScheduleSearch::apply(const Step *step) {
  const Step *other = applied;
  applied = step;
  for (; step != other; step = step->before) {
    setSchedule(step->op, step->schedule);
    if (other && other->number == step->number)
      other = other->before;
  }
}

LogicalResult ScheduleSearch::run() {
  findLastUses();
  size_t stage = findStage(0);
  if (failed(findOptions(stage)))
    return failure();
  std::vector<Path> paths;
  paths.push_back(makePath(Timeline(machine, weights), 0, stage));
  while (stage < operations.size()) {
    options = std::move(nextOptions);
    size_t next = findStage(stage + 1);
    if (failed(findOptions(next)))
      return failure();
    std::vector<Path> longer;
    for (Path &path : paths) {
      apply(path.before);
      llvm::move(branch(path, stage, next), std::back_inserter(longer));
    }
    paths = keepBest(std::move(longer), stage);
    stage = next;
  }
  apply(paths.front().before);
  return success();
}

} // namespace garam::npu
