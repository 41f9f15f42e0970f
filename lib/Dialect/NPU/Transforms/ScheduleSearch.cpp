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
// Options
//===----------------------------------------------------------------------===//

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
  if (position == space.getOperations().size())
    return success();
  size_t number = numStagesSeen++;
  nextOptions =
      std::make_unique<Options>(Options{number,
                                        getStage(space.getStages()[number]),
                                        space.getFamilies().get(number),
                                        {},
                                        std::nullopt,
                                        {}});
  int64_t freeBytes = space.getFreeBytes(position);
  CandidateList &list = nextOptions->family->getCandidates(freeBytes);
  if (list.candidates.empty())
    return refuse(nextOptions->stage, list.fewestTiles);
  for (Candidate &candidate : list.candidates)
    nextOptions->options.push_back(
        {&candidate,
         space.getRemaining().get(number, candidate.schedule.split)});
  if (width.branchCores)
    findBranchOptions(freeBytes);
  return success();
}

/// Adds the schedules that the next stage can have on the cores of its branch,
/// where it has some. What is behind a branch is that of all its schedules.
void ScheduleSearch::findBranchOptions(int64_t freeBytes) {
  nextOptions->branch = space.getBranchCores()[nextOptions->number];
  if (!nextOptions->branch)
    return;
  CandidateList &list =
      nextOptions->family->getCandidates(freeBytes, nextOptions->branch->cores);
  for (Candidate &candidate : list.candidates)
    nextOptions->branchOptions.push_back({&candidate, /*behind=*/0});
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// By their ends, of two schedules or two paths.
template <typename T>
static bool endsBefore(const T &a, const T &b) {
  return a.end < b.end;
}

/// Whether the next stage takes the cores of its branch behind `path`, null at
/// the beginning: the ways in which that is tried.
SmallVector<bool, 2> ScheduleSearch::listWaysOn(const Path *path) const {
  if (!nextOptions || !nextOptions->branch ||
      nextOptions->branchOptions.empty())
    return {false};
  bool isWithin = path && options->branch &&
                  options->branch->window == nextOptions->branch->window;
  if (isWithin)
    return {path->takesBranchCores};
  return {false, true};
}

/// All schedules of the next stage, those that may end first in front.
std::vector<ScheduleSearch::Choice>
ScheduleSearch::listChoices(const Path &path) const {
  std::vector<Choice> choices;
  for (const Option &option : path.takesBranchCores ? nextOptions->branchOptions
                                                    : nextOptions->options) {
    double end = path.cost->getLeastEnd(option.candidate->schedule,
                                        option.candidate->engineSeconds);
    choices.push_back({&option, end + option.behind, false});
  }
  llvm::stable_sort(choices, endsBefore<Choice>);
  return choices;
}

/// The `count` best of the next choices of `path` that end before `limit`, the
/// best first; of equal ones that found first.
std::vector<ScheduleSearch::Choice>
ScheduleSearch::findBest(Path &path, const Options &options, size_t count,
                         double limit) {
  std::vector<Choice> best;
  for (Choice &choice : path.choices) {
    // What is known already may suffice.
    if (choice.end >= limit)
      continue;
    if (!choice.isExact) {
      Candidate &candidate = *choice.option->candidate;
      double behind = choice.option->behind;
      double end = path.cost->getEnd(candidate.schedule,
                                     options.family->getTiles(candidate),
                                     limit - behind) +
                   behind;
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
void ScheduleSearch::forgetRead(Timeline &timeline, size_t position) {
  for (Value operand : space.getOperations()[position]->getOperands())
    if (space.isLastUse(operand, position))
      timeline.forget(operand);
}

/// Follows the operations from `begin` to the stage at `stage`, which has the
/// next options, and looks for the best schedule of it. The end of the path is
/// known where it is before `limit`.
ScheduleSearch::Path ScheduleSearch::makePath(Timeline timeline,
                                              bool takesBranchCores,
                                              size_t begin, size_t stage,
                                              double limit) {
  for (size_t position = begin; position < stage; ++position) {
    timeline.runOther(space.getOperations()[position]);
    forgetRead(timeline, position);
  }
  Path path{std::move(timeline),
            takesBranchCores,
            nullptr,
            nullptr,
            nullptr,
            {},
            limit};
  if (stage == space.getOperations().size()) {
    path.end = path.timeline.finish();
    return path;
  }
  std::optional<CoreGroup> cores;
  if (takesBranchCores)
    cores = nextOptions->branch->cores;
  path.cost = std::make_unique<StageCost>(path.timeline, nextOptions->stage,
                                          machine, cores);
  path.choices = listChoices(path);
  std::vector<Choice> best = findBest(path, *nextOptions, /*count=*/1, limit);
  if (!best.empty())
    path.end = best.front().end;
  return path;
}

/// Goes on from the stage at `position`, at which `timeline` has arrived with
/// `schedule` of it behind `path`, to the one at `next`, and puts the longer
/// path into `best` where it is worth it.
ScheduleSearch::Outcome
ScheduleSearch::goOn(const Path &path, const StageSchedule &schedule,
                     Timeline timeline, bool takesBranchCores, size_t position,
                     size_t next, std::vector<Path> &best) {
  // Of paths with one split the best goes on; of equal ones that found first.
  auto same = llvm::find_if(best, [&](const Path &other) {
    return other.last->split == schedule.split &&
           other.last->firstCore == schedule.firstCore;
  });
  double limit = HUGE_VAL;
  if (best.size() == width.paths)
    limit = best.back().end;
  if (same != best.end())
    limit = std::min(limit, same->end);
  Path longer = makePath(std::move(timeline), takesBranchCores, position + 1,
                         next, limit);
  Outcome outcome{&schedule, longer.end, longer.end < limit};
  if (!outcome.isExact)
    return outcome;
  longer.before = path.before;
  longer.last = &schedule;
  if (same != best.end())
    best.erase(same);
  else if (best.size() == width.paths)
    best.pop_back();
  auto place = llvm::upper_bound(best, longer, endsBefore<Path>);
  best.insert(place, std::move(longer));
  return outcome;
}

/// Goes on with the best of the next choices of `path`, from the stage at
/// `position` to the one at `next`, and puts what is worth it into `best`.
void ScheduleSearch::branch(Path &path, size_t position, size_t next,
                            Paths &best) {
  SmallVector<bool, 2> ways = listWaysOn(&path);
  std::array<std::vector<Outcome>, 2> outcomes;
  for (const Choice &choice :
       findBest(path, *options, width.choices, HUGE_VAL)) {
    Timeline timeline = path.timeline;
    Candidate &candidate = *choice.option->candidate;
    const StageSchedule &schedule = candidate.schedule;
    path.cost->advance(timeline, schedule,
                       options->family->getTiles(candidate));
    forgetRead(timeline, position);
    for (bool way : ways)
      outcomes[way].push_back(
          goOn(path, schedule, timeline, way, position, next, best[way]));
  }
  for (bool way : ways)
    noteRunnersUp(outcomes[way], path.before, best[way]);
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
    steps.push_back({space.getOperations()[position], *path.last, path.before,
                     std::move(path.next)});
    path.next.reset();
    path.before = &steps.back();
  }
}

/// The steps up to `last`.
FunctionSchedule ScheduleSearch::collect(const Step *last) const {
  FunctionSchedule found;
  for (const Step *step = last; step; step = step->before) {
    found.stages.push_back(step->schedule);
    if (step->next)
      found.choices.add(step->op->getLoc(), describe(step->op, step->schedule),
                        describe(step->op, step->next->schedule),
                        step->next->seconds, step->next->isExact);
  }
  std::reverse(found.stages.begin(), found.stages.end());
  return found;
}

FailureOr<FunctionSchedule> ScheduleSearch::run() {
  size_t stage = space.findStage(0);
  if (failed(findOptions(stage)))
    return failure();
  std::vector<Path> paths;
  for (bool way : listWaysOn(nullptr))
    paths.push_back(
        makePath(Timeline(machine, weights), way, 0, stage, HUGE_VAL));
  while (stage < space.getOperations().size()) {
    options = std::move(nextOptions);
    size_t next = space.findStage(stage + 1);
    if (failed(findOptions(next)))
      return failure();
    Paths longer;
    for (Path &path : paths)
      branch(path, stage, next, longer);
    paths = std::move(longer[false]);
    llvm::move(longer[true], std::back_inserter(paths));
    addSteps(paths, stage);
    space.getFamilies().finish(options->number);
    stage = next;
  }
  return collect(paths.front().before);
}

void FunctionSchedule::applyTo(func::FuncOp func) const {
  const StageSchedule *next = stages.data();
  for (Operation &op : func.front())
    if (isStage(&op))
      setSchedule(&op, *next++);
  choices.addTo(func);
}

} // namespace garam::npu
