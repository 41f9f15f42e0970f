//===- SearchSchedules.cpp - Schedules that are fastest as commands -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoweringTrials.h"
#include "Machine.h"
#include "PassOptions.h"
#include "ReplaceFunction.h"
#include "ScheduleSearches.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/LaterForm.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSEARCHSCHEDULES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// The level from which on several searches are compared, and programs of
/// another form.
constexpr unsigned leastWideLevel = 2;

/// The searches of a level of optimisation. Level 2 leaves out the search of
/// level 1, so what it finds may be slower than that: with weights in order a
/// second path ends no later by the search's own estimate, by which neither is
/// chosen in the end. Level 3 has all searches of level 2. A wider search
/// brings less with weights in order: paths differ by what they wait for
/// weights, which a prefetch takes away.
SmallVector<SearchOptions> getSearches(unsigned level) {
  constexpr WeightTiming inOrder = WeightTiming::inOrder;
  constexpr WeightTiming ahead = WeightTiming::ahead;
  if (level == 0)
    return {{inOrder, {/*paths=*/1, /*choices=*/1}}};
  if (level == 1)
    return {{inOrder, {/*paths=*/1, /*choices=*/3}}};
  SmallVector<SearchOptions> searches = {
      {inOrder, {/*paths=*/2, /*choices=*/3, /*branchCores=*/true}},
      {ahead, {/*paths=*/4, /*choices=*/4, /*branchCores=*/true}}};
  if (level > leastWideLevel)
    for (WeightTiming weights : {inOrder, ahead})
      searches.push_back(
          {weights, {/*paths=*/4, /*choices=*/6, /*branchCores=*/true}});
  return searches;
}

/// Whether all stages have the same schedules.
bool areSame(const FunctionSchedule &a, const FunctionSchedule &b) {
  return llvm::equal(a.stages, b.stages,
                     [](const StageSchedule &x, const StageSchedule &y) {
                       return x.split == y.split && x.tile == y.tile &&
                              x.grain == y.grain && x.firstCore == y.firstCore;
                     });
}

/// Whether branches have cores of their own: that of a stage is not the first.
bool hasBranchCores(const FunctionSchedule &schedule) {
  return llvm::any_of(schedule.stages, [](const StageSchedule &stage) {
    return stage.firstCore > 0;
  });
}

/// A function, with sums as they are or in parts.
using Program = OwningOpRef<func::FuncOp>;

/// A way to schedule one of several programs.
struct Candidate {
  size_t program;
  FunctionSchedule schedule;
};

/// What was found so far.
struct Findings {
  std::vector<Program> programs;
  std::vector<Candidate> candidates;
  LoweringTrials trials; // of the candidates, if they are to be compared
};

struct SearchSchedules : impl::NPUSearchSchedulesBase<SearchSchedules> {
  using NPUSearchSchedulesBase::NPUSearchSchedulesBase;

  SearchSchedules(const NPUSearchSchedulesOptions &options, LaterForm *later)
      : NPUSearchSchedulesBase(options), later(later) {}

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (failed(checkLevel(func, level)))
      return signalPassFailure();
    if (func.isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(func, target);
    if (failed(machine) || failed(checkStageFunction(func)))
      return signalPassFailure();
    Findings found{{}, {}, {&getContext(), getLowering()}};
    if (failed(search(func, *machine, found)) ||
        failed(searchParts(func, *machine, found)) ||
        failed(takeFastest(func, found)))
      signalPassFailure();
  }

private:
  NPULowerToPlannedCommandsOptions getLowering() const {
    return {target, level, pinWeights};
  }

  /// Adds `func` and what the searches find for it, once each.
  LogicalResult search(func::FuncOp func, const MachineDescription &machine,
                       Findings &found) const {
    size_t program = found.programs.size();
    found.programs.push_back(func.clone());
    SmallVector<SearchOptions> all = getSearches(level);
    for (SearchOptions &options : all)
      options.width.branchCores &= shareCores;
    ScheduleSearches searches(func, machine, all);
    for (auto [number, options] : llvm::enumerate(all)) {
      FailureOr<FunctionSchedule> schedule = searches.take(number);
      if (failed(schedule))
        return failure();
      bool hasAlternative =
          options.weights != WeightTiming::inOrder && hasBranchCores(*schedule);
      add({program, std::move(*schedule)}, func, found);
      if (!hasAlternative)
        continue;
      // What the estimate of the commands says of branches is more exact. With
      // weights in order a second search has found nothing better so far.
      SearchWidth width = options.width;
      width.branchCores = false;
      schedule = searches.searchAgain(number, width);
      if (failed(schedule))
        return failure();
      add({program, std::move(*schedule)}, func, found);
    }
    return success();
  }

  /// Adds a way to schedule `func`, if it is new.
  void add(Candidate candidate, func::FuncOp func, Findings &found) const {
    for (const Candidate &other : found.candidates)
      if (other.program == candidate.program &&
          areSame(other.schedule, candidate.schedule))
        return;
    // One search has nothing to be compared with.
    if (level >= leastWideLevel) {
      OwningOpRef<func::FuncOp> form = func.clone();
      if (DeviceTargetAttrInterface known = findTarget(func))
        form.get()->setAttr(targetAttrName, known);
      candidate.schedule.applyTo(*form);
      found.trials.add(std::move(form));
    }
    found.candidates.push_back(std::move(candidate));
  }

  /// Adds `func` with sums that several cores make, where that may pay and
  /// fits.
  LogicalResult searchParts(func::FuncOp func,
                            const MachineDescription &machine,
                            Findings &found) {
    if (level < leastWideLevel || !shareCores)
      return success();
    size_t numOperations = func.front().getOperations().size();
    OpPassManager pipeline(func::FuncOp::getOperationName());
    pipeline.addPass(createNPUSplitReductions({target}));
    pipeline.addPass(createNPUAssignLayouts());
    if (failed(runPipeline(pipeline, func)))
      return failure();
    if (func.front().getOperations().size() == numOperations)
      return success();
    RefusalCollector refusals(func.getContext());
    return success(succeeded(search(func, machine, found)) ||
                   !refusals.hasErrors());
  }

  /// Schedules `func` so that its commands end first. Where no commands fit the
  /// memories that is the first way: whoever lowers it says why.
  LogicalResult takeFastest(func::FuncOp func, Findings &found) const {
    FailureOr<std::optional<LoweringTrials::Fastest>> fastest =
        found.trials.finish();
    if (failed(fastest))
      return failure();
    Candidate &candidate = found.candidates[*fastest ? (*fastest)->number : 0];
    replaceFunction(func, std::move(found.programs[candidate.program]));
    candidate.schedule.applyTo(func);
    if (*fastest && later)
      later->keep(func, *createNPULowerToPlannedCommands(getLowering()),
                  std::move((*fastest)->commands));
    return success();
  }

  LaterForm *later = nullptr; // may stay null
};

} // namespace

std::unique_ptr<Pass>
createSearchSchedules(const NPUSearchSchedulesOptions &options,
                      LaterForm *later) {
  return std::make_unique<SearchSchedules>(options, later);
}

} // namespace garam::npu
