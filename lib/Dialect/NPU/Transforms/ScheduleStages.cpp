//===- ScheduleStages.cpp - Core split and tiles of stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "ScheduleSearch.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSCHEDULESTAGES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// When the commands of a scheduled function will end, in seconds.
FailureOr<double> estimateSchedule(func::FuncOp func,
                                   const MachineDescription &machine) {
  constexpr double fill = 0.85; // as npu-place-tensors has it
  if (failed(placeTensors(func, machine, fill)) ||
      failed(lowerToCommands(func, machine)))
    return failure();
  return prefetchWeights(func, machine, fill);
}

/// One search for the schedules of a function.
struct Search {
  WeightTiming weights;
  SearchWidth width;
};

/// The searches of a level of optimisation. The widest does not always find
/// what is fastest as commands, so the highest level makes those of the one
/// below it too. With weights in order a wider search brings less: paths differ
/// by what they wait for weights, which a prefetch takes away.
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

using ScheduledFunctions = SmallVector<OwningOpRef<func::FuncOp>, 3>;

/// Whether the stages of two copies of a function have the same schedules.
bool haveSameSchedules(func::FuncOp a, func::FuncOp b) {
  return llvm::all_of(llvm::zip_equal(a.front(), b.front()),
                      [](auto operations) {
                        auto &[opA, opB] = operations;
                        if (auto contract = dyn_cast<ContractOp>(opA))
                          return contract.getScheduleAttr() ==
                                 cast<ContractOp>(opB).getScheduleAttr();
                        if (auto vector = dyn_cast<VectorOp>(opA))
                          return vector.getScheduleAttr() ==
                                 cast<VectorOp>(opB).getScheduleAttr();
                        return true;
                      });
}

/// Copies of a function that each of `searches` has scheduled, those with other
/// schedules than the copies before them.
FailureOr<ScheduledFunctions> runSearches(func::FuncOp func,
                                          const MachineDescription &machine,
                                          ArrayRef<Search> searches) {
  ScheduledFunctions found;
  for (const Search &search : searches) {
    OwningOpRef<func::FuncOp> scheduled = func.clone();
    if (failed(
            scheduleStages(*scheduled, machine, search.weights, search.width)))
      return failure();
    if (llvm::none_of(found, [&](OwningOpRef<func::FuncOp> &other) {
          return haveSameSchedules(*other, *scheduled);
        }))
      found.push_back(std::move(scheduled));
  }
  return found;
}

/// Schedules a function with each of `searches`, and keeps what is fastest as
/// commands, of equal ones the first.
LogicalResult scheduleBest(func::FuncOp func, const MachineDescription &machine,
                           ArrayRef<Search> searches) {
  FailureOr<ScheduledFunctions> found = runSearches(func, machine, searches);
  if (failed(found))
    return failure();
  size_t best = 0;
  double bestEnd = HUGE_VAL;
  for (size_t i = 0; found->size() > 1 && i < found->size(); ++i) {
    OwningOpRef<func::FuncOp> commands = (*found)[i]->clone();
    RefusalCollector refusals(func.getContext());
    FailureOr<double> end = estimateSchedule(*commands, machine);
    if (refusals.hasErrors())
      return failure();
    if (succeeded(end) && *end < bestEnd) {
      best = i;
      bestEnd = *end;
    }
  }
  func.getBody().takeBody((*found)[best]->getBody());
  func->setAttrs((*found)[best]->getOperation()->getAttrDictionary());
  return success();
}

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkStageFunction(getOperation())) ||
        failed(scheduleBest(getOperation(), *machine, getSearches(level))))
      signalPassFailure();
  }
};

} // namespace

LogicalResult scheduleStages(func::FuncOp func,
                             const MachineDescription &machine,
                             WeightTiming weights, SearchWidth width) {
  if (func.isExternal())
    return success();
  return ScheduleSearch(func, machine, weights, width).run();
}

} // namespace garam::npu
