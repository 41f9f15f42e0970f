//===- ScheduleSearch.cpp - The best schedules of all stages --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ScheduleSearch.h"

#include "ChoiceRecord.h"
#include "ScheduleCandidates.h"
#include "garam/Target/DeviceTarget.h"

#include <numeric>

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

void ScheduleSearch::findLastUses() {
  for (Operation &op : func.front()) {
    operations.push_back(&op);
    if (isStage(&op))
      stages.push_back(&op);
  }
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

void ScheduleSearch::countKeptBytes() {
  int64_t memory = machine.local.bytes * machine.cores;
  ConcatTrees concats;
  keptBytes.assign(operations.size() + 1, 0);
  for (auto [position, op] : llvm::enumerate(operations)) {
    if (!isStage(op))
      continue;
    for (OpResult result : op->getResults()) {
      int64_t bytes = getTensorType(result).getNumElements() *
                      getElementBytes(Value(result));
      if (bytes > memory || concats.isReturnedOnly(result))
        continue;
      keptBytes[position] += bytes / machine.cores;
      size_t last = std::max<size_t>(lastUses.lookup(result), position);
      keptBytes[last + 1] -= bytes / machine.cores;
    }
  }
  std::partial_sum(keptBytes.begin(), keptBytes.end(), keptBytes.begin());
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
  size_t number = numStagesSeen++;
  nextOptions = std::make_unique<Options>(operations[position], machine);
  const Stage &stage = nextOptions->stage;
  FoundSchedules found = findSchedules(
      stage, machine,
      static_cast<int64_t>(machine.local.bytes) - keptBytes[position]);
  if (found.schedules.empty())
    return refuse(stage, found.fewestTiles);
  for (StageSchedule &schedule : found.schedules) {
    double seconds =
        getEngineSeconds(stage, schedule, nextOptions->engineTimes);
    double behind = remaining->get(number, schedule.split);
    nextOptions->candidates.push_back(
        {std::move(schedule), seconds, behind, nullptr});
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// By their ends, of two schedules or two paths.
template <typename T>
static bool endsBefore(const T &a, const T &b) {
  return a.end < b.end;
}

/// All schedules of the next stage, those that may end first in front.
std::vector<ScheduleSearch::Choice>
ScheduleSearch::listChoices(const StageCost &cost) const {
  std::vector<Choice> choices;
  for (Candidate &candidate : nextOptions->candidates) {
    double end = cost.getLeastEnd(candidate.schedule, candidate.engineSeconds);
    choices.push_back({&candidate, end + candidate.behind, false});
  }
  llvm::stable_sort(choices, endsBefore<Choice>);
  return choices;
}

StageTiles &ScheduleSearch::getTiles(Candidate &candidate,
                                     Options &options) const {
  if (!candidate.tiles)
    candidate.tiles = std::make_unique<StageTiles>(
        options.stage, candidate.schedule, options.engineTimes, machine);
  return *candidate.tiles;
}

/// The `count` best of the next choices of `path` that end before `limit`, the
/// best first; of equal ones that found first.
std::vector<ScheduleSearch::Choice> ScheduleSearch::findBest(Path &path,
                                                             Options &options,
                                                             size_t count,
                                                             double limit) {
  std::vector<Choice> best;
  for (Choice &choice : path.choices) {
    // What is known already may suffice.
    if (choice.end >= limit)
      continue;
    if (!choice.isExact) {
      Candidate &candidate = *choice.candidate;
      double end =
          path.cost->getEnd(candidate.schedule, getTiles(candidate, options),
                            limit - candidate.behind) +
          candidate.behind;
      choice.isExact = end < limit;
      choice.end = choice.isExact ? end : limit;
    }
    if (choice.end >= limit)
      continue;
    if (best.size() == count)
      best.pop_back();
    best.insert(llvm::upper_bound(best, choice, endsBefore<Choice>), choice);
    if (best.size() == count)
      limit = best.back().end;
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
/// next options, and looks for the best schedule of it. The end of the path is
/// known where it is before `limit`.
ScheduleSearch::Path ScheduleSearch::makePath(Timeline timeline, size_t begin,
                                              size_t stage, double limit) {
  for (size_t position = begin; position < stage; ++position) {
    timeline.runOther(operations[position]);
    forgetRead(timeline, operations[position], position);
  }
  Path path{std::move(timeline), nullptr, nullptr, nullptr, {}, limit};
  if (stage == operations.size()) {
    path.end = path.timeline.finish();
    return path;
  }
  path.cost =
      std::make_unique<StageCost>(path.timeline, nextOptions->stage, machine);
  path.choices = listChoices(*path.cost);
  std::vector<Choice> best = findBest(path, *nextOptions, /*count=*/1, limit);
  if (!best.empty())
    path.end = best.front().end;
  return path;
}

/// Goes on with the best of the next choices of `path`, from the stage at
/// `position` to the one at `next`, and puts what is worth it into `best`.
void ScheduleSearch::branch(Path &path, size_t position, size_t next,
                            std::vector<Path> &best) {
  Operation *op = operations[position];
  std::vector<Outcome> outcomes;
  for (const Choice &choice :
       findBest(path, *options, width.choices, HUGE_VAL)) {
    Timeline timeline = path.timeline;
    const StageSchedule &schedule = choice.candidate->schedule;
    setSchedule(op, schedule);
    path.cost->advance(timeline, schedule,
                       getTiles(*choice.candidate, *options));
    forgetRead(timeline, op, position);
    // Of paths with one split the best goes on; of equal ones that found first.
    auto same = llvm::find_if(best, [&](const Path &other) {
      return other.last->split == schedule.split;
    });
    double limit = HUGE_VAL;
    if (best.size() == width.paths)
      limit = best.back().end;
    if (same != best.end())
      limit = std::min(limit, same->end);
    Path longer = makePath(std::move(timeline), position + 1, next, limit);
    outcomes.push_back({&schedule, longer.end, longer.end < limit});
    if (longer.end >= limit)
      continue;
    longer.before = path.before;
    longer.last = &schedule;
    if (same != best.end())
      best.erase(same);
    else if (best.size() == width.paths)
      best.pop_back();
    auto place = llvm::upper_bound(best, longer, endsBefore<Path>);
    best.insert(place, std::move(longer));
  }
  noteRunnersUp(outcomes, path.before, best);
}

/// Says of each of `paths` that went on behind `before` what was next best.
void ScheduleSearch::noteRunnersUp(ArrayRef<Outcome> outcomes,
                                   const Step *before,
                                   std::vector<Path> &paths) {
  for (Path &path : paths) {
    const Outcome *next = nullptr;
    bool isOfThese = false;
    for (const Outcome &outcome : outcomes) {
      if (outcome.schedule == path.last)
        isOfThese = true;
      else if (!next || outcome.end < next->end)
        next = &outcome;
    }
    if (next && isOfThese && path.before == before)
      path.next =
          RunnerUp{*next->schedule, next->end - path.end, next->isExact};
  }
}

/// Notes the stage at `position` as a step of the paths that go on.
void ScheduleSearch::addSteps(std::vector<Path> &paths, size_t position) {
  for (Path &path : paths) {
    size_t number = path.before ? path.before->number + 1 : 0;
    steps.push_back({operations[position], *path.last, path.before, number,
                     std::move(path.next)});
    path.next.reset();
    path.before = &steps.back();
  }
}

/// The position of the last operation that asks for the schedule of a stage:
/// one that reads what the stage makes or reads, for where that is best kept
/// depends on all its stages.
size_t ScheduleSearch::getLastAsked(Operation *stage) const {
  size_t last = 0;
  for (OpResult result : stage->getResults())
    last = std::max(last, lastUses.lookup(result));
  for (Value operand : stage->getOperands())
    if (Operation *op = operand.getDefiningOp(); op && isStage(op))
      last = std::max(last, lastUses.lookup(operand));
  return last;
}

/// Gives the stages the schedules of a path, which is at most one stage longer
/// than the one whose they have, as far back as an operation from `position` on
/// asks for them. Before where the two part, they have them.
void ScheduleSearch::apply(const Step *step, size_t position) {
  while (oldestAsked < stages.size() &&
         getLastAsked(stages[oldestAsked]) < position)
    ++oldestAsked;
  const Step *other = applied;
  applied = step;
  for (; step != other && step->number >= oldestAsked; step = step->before) {
    setSchedule(step->op, step->schedule);
    if (other && other->number == step->number)
      other = other->before;
  }
}

LogicalResult ScheduleSearch::run() {
  findLastUses();
  countKeptBytes();
  remaining.emplace(stages, machine);
  size_t stage = findStage(0);
  if (failed(findOptions(stage)))
    return failure();
  std::vector<Path> paths;
  paths.push_back(makePath(Timeline(machine, weights), 0, stage, HUGE_VAL));
  while (stage < operations.size()) {
    options = std::move(nextOptions);
    size_t next = findStage(stage + 1);
    if (failed(findOptions(next)))
      return failure();
    std::vector<Path> longer;
    for (Path &path : paths) {
      apply(path.before, stage);
      branch(path, stage, next, longer);
    }
    addSteps(longer, stage);
    paths = std::move(longer);
    stage = next;
  }
  ChoiceRecord choices;
  for (const Step *step = paths.front().before; step; step = step->before) {
    setSchedule(step->op, step->schedule);
    if (step->next)
      choices.add(step->op->getLoc(), describe(step->op, step->schedule),
                  describe(step->op, step->next->schedule), step->next->seconds,
                  step->next->isExact);
  }
  choices.addTo(func);
  return success();
}

} // namespace garam::npu
