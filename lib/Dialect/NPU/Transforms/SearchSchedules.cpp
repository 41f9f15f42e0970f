//===- SearchSchedules.cpp - Schedules that are fastest as commands -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "ReplaceFunction.h"
#include "ScheduleSearch.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSEARCHSCHEDULES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// One search for the schedules of a function.
struct Search {
  WeightTiming weights;
  SearchWidth width;
};

/// The level from which on several searches are compared, and programs of
/// another form.
constexpr unsigned leastWideLevel = 2;

/// The searches of a level of optimisation. Level 2 leaves out the search of
/// level 1, so what it finds may be slower than that: with weights in order a
/// second path ends no later by the search's own estimate, by which neither is
/// chosen in the end. Level 3 has all searches of level 2. A wider search
/// brings less with weights in order: paths differ by what they wait for
/// weights, which a prefetch takes away.
SmallVector<Search> getSearches(unsigned level) {
  constexpr WeightTiming inOrder = WeightTiming::inOrder;
  constexpr WeightTiming ahead = WeightTiming::ahead;
  if (level == 0)
    return {{inOrder, {/*paths=*/1, /*choices=*/1}}};
  if (level == 1)
    return {{inOrder, {/*paths=*/1, /*choices=*/3}}};
  SmallVector<Search> searches = {
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

/// A function, with sums as they are or in parts, and how it can be scheduled.
struct Program {
  OwningOpRef<func::FuncOp> func;
  std::vector<FunctionSchedule> schedules;
};

/// One of the schedules of one of several programs.
struct Choice {
  size_t program = 0, schedule = 0;
};

struct SearchSchedules : impl::NPUSearchSchedulesBase<SearchSchedules> {
  using NPUSearchSchedulesBase::NPUSearchSchedulesBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(func, target);
    if (failed(machine) || failed(checkStageFunction(func)))
      return signalPassFailure();
    std::vector<Program> programs;
    if (failed(search(func, *machine, programs)) ||
        failed(searchParts(func, *machine, programs)))
      return signalPassFailure();
    FailureOr<Choice> fastest = findFastest(func, programs);
    if (failed(fastest))
      return signalPassFailure();
    Program &program = programs[fastest->program];
    replaceFunction(func, std::move(program.func));
    program.schedules[fastest->schedule].applyTo(func);
  }

private:
  /// Adds `func` and what the searches find for it, once each.
  LogicalResult search(func::FuncOp func, const MachineDescription &machine,
                       std::vector<Program> &programs) const {
    std::vector<FunctionSchedule> all;
    SearchSpace space(func, machine);
    for (Search search : getSearches(level)) {
      search.width.branchCores &= shareCores;
      // What the estimate of the commands says of branches is more exact. With
      // weights in order a second search has found nothing better so far.
      for (bool isDone = false; !isDone; search.width.branchCores = false) {
        FailureOr<FunctionSchedule> found =
            ScheduleSearch(space, search.weights, search.width).run();
        if (failed(found))
          return failure();
        isDone =
            search.weights == WeightTiming::inOrder || !hasBranchCores(*found);
        if (llvm::none_of(all, [&](const FunctionSchedule &other) {
              return areSame(other, *found);
            }))
          all.push_back(std::move(*found));
      }
    }
    programs.push_back({func.clone(), std::move(all)});
    return success();
  }

  /// Adds `func` with sums that several cores make, where that may pay and
  /// fits.
  LogicalResult searchParts(func::FuncOp func,
                            const MachineDescription &machine,
                            std::vector<Program> &programs) {
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
    return success(succeeded(search(func, machine, programs)) ||
                   !refusals.hasErrors());
  }

  /// Which of all schedules is fastest as commands, of equal ones the first;
  /// the first too where no commands fit the memories: whoever lowers them says
  /// why. They are forms of `func`.
  FailureOr<Choice> findFastest(func::FuncOp func, ArrayRef<Program> programs) {
    Choice fastest;
    if (programs.size() == 1 && programs.front().schedules.size() == 1)
      return fastest;
    double leastSeconds = HUGE_VAL;
    for (auto [number, program] : llvm::enumerate(programs))
      for (auto [index, schedule] : llvm::enumerate(program.schedules)) {
        FailureOr<std::optional<double>> seconds =
            estimate(func, program.func.get(), schedule);
        if (failed(seconds))
          return failure();
        if (!*seconds || **seconds >= leastSeconds)
          continue;
        fastest = {number, index};
        leastSeconds = **seconds;
      }
    return fastest;
  }

  /// When the commands of `form`, a form of `func`, under `schedule` end, in
  /// seconds, or nothing where they do not fit the memories.
  FailureOr<std::optional<double>> estimate(func::FuncOp func,
                                            func::FuncOp form,
                                            const FunctionSchedule &schedule) {
    OwningOpRef<func::FuncOp> copy = form.clone();
    if (DeviceTargetAttrInterface known = findTarget(func))
      copy.get()->setAttr(targetAttrName, known);
    schedule.applyTo(*copy);
    PassManager manager(func.getContext(), func::FuncOp::getOperationName());
    // What is kept of it is lowered again, and verified then.
    manager.enableVerifier(false);
    manager.addPass(
        createNPULowerToPlannedCommands({target, level, pinWeights}));
    RefusalCollector refusals(func.getContext());
    bool isLowered = succeeded(manager.run(*copy));
    if (refusals.hasErrors())
      return failure();
    return isLowered ? std::optional(readEstimatedSeconds(*copy))
                     : std::nullopt;
  }
};

} // namespace
} // namespace garam::npu
