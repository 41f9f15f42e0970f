//===- SearchSchedules.cpp - Schedules that are fastest as commands -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
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
  SmallVector<Search> searches = {{inOrder, {/*paths=*/2, /*choices=*/3}},
                                  {ahead, {/*paths=*/4, /*choices=*/4}}};
  if (level > 2)
    for (WeightTiming weights : {inOrder, ahead})
      searches.push_back({weights, {/*paths=*/4, /*choices=*/6}});
  return searches;
}

/// Whether all stages have the same schedules.
bool areSame(const FunctionSchedule &a, const FunctionSchedule &b) {
  return llvm::equal(
      a.stages, b.stages, [](const StageSchedule &x, const StageSchedule &y) {
        return x.split == y.split && x.tile == y.tile && x.grain == y.grain;
      });
}

struct SearchSchedules : impl::NPUSearchSchedulesBase<SearchSchedules> {
  using NPUSearchSchedulesBase::NPUSearchSchedulesBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(func, target);
    if (failed(machine) || failed(checkStageFunction(func)))
      return signalPassFailure();
    FailureOr<std::vector<FunctionSchedule>> found = search(func, *machine);
    if (failed(found))
      return signalPassFailure();
    FailureOr<size_t> fastest = findFastest(func, *found);
    if (failed(fastest))
      return signalPassFailure();
    (*found)[*fastest].applyTo(func);
  }

private:
  /// What the searches find, once each.
  FailureOr<std::vector<FunctionSchedule>>
  search(func::FuncOp func, const MachineDescription &machine) const {
    std::vector<FunctionSchedule> all;
    SearchSpace space(func, machine);
    for (const Search &search : getSearches(level)) {
      FailureOr<FunctionSchedule> found =
          ScheduleSearch(space, search.weights, search.width).run();
      if (failed(found))
        return failure();
      if (llvm::none_of(all, [&](const FunctionSchedule &other) {
            return areSame(other, *found);
          }))
        all.push_back(std::move(*found));
    }
    return std::move(all);
  }

  /// Which of `found` is fastest as commands, of equal ones the first; the
  /// first too where no commands fit the memories: whoever lowers them says
  /// why.
  FailureOr<size_t> findFastest(func::FuncOp func,
                                ArrayRef<FunctionSchedule> found) {
    size_t fastest = 0;
    double leastSeconds = HUGE_VAL;
    for (size_t number = 0; found.size() > 1 && number < found.size();
         ++number) {
      FailureOr<std::optional<double>> seconds = estimate(func, found[number]);
      if (failed(seconds))
        return failure();
      if (!*seconds || **seconds >= leastSeconds)
        continue;
      fastest = number;
      leastSeconds = **seconds;
    }
    return fastest;
  }

  /// When the commands of `func` under `schedule` end, in seconds, or nothing
  /// where they do not fit the memories.
  FailureOr<std::optional<double>> estimate(func::FuncOp func,
                                            const FunctionSchedule &schedule) {
    OwningOpRef<func::FuncOp> copy = func.clone();
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
