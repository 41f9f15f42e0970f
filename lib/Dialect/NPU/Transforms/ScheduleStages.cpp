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

/// One search: what it takes of weights, and how far it looks.
struct Search {
  WeightTiming weights;
  SearchWidth width;
};

/// The searches of a level of optimisation. No one of them is best everywhere:
/// where bandwidth and not the engines bound a network, the splits that the
/// coarse model prefers for their engines' time may be worse.
SmallVector<Search> getSearches(unsigned level) {
  constexpr WeightTiming inOrder = WeightTiming::inOrder;
  constexpr WeightTiming ahead = WeightTiming::ahead;
  switch (level) {
  case 0:
    return {{inOrder, {/*paths=*/1, /*choices=*/1, /*looksAhead=*/true}}};
  case 1:
    return {{inOrder, {/*paths=*/1, /*choices=*/3, /*looksAhead=*/true}}};
  case 2:
    return {{inOrder, {/*paths=*/3, /*choices=*/3, /*looksAhead=*/false}},
            {ahead, {/*paths=*/2, /*choices=*/3, /*looksAhead=*/true}}};
  default:
    return {{inOrder, {/*paths=*/4, /*choices=*/6, /*looksAhead=*/false}},
            {inOrder, {/*paths=*/4, /*choices=*/6, /*looksAhead=*/true}},
            {ahead, {/*paths=*/4, /*choices=*/6, /*looksAhead=*/true}}};
  }
}

/// Schedules a function with each of `searches`, and keeps what is fastest as
/// commands.
LogicalResult scheduleBest(func::FuncOp func, const MachineDescription &machine,
                           ArrayRef<Search> searches) {
  OwningOpRef<func::FuncOp> best;
  double bestEnd = HUGE_VAL;
  for (const Search &search : searches) {
    OwningOpRef<func::FuncOp> scheduled = func.clone();
    if (failed(
            scheduleStages(*scheduled, machine, search.weights, search.width)))
      return failure();
    if (searches.size() > 1) {
      OwningOpRef<func::FuncOp> commands = scheduled->clone();
      RefusalCollector refusals(func.getContext());
      FailureOr<double> end = estimateSchedule(*commands, machine);
      if (refusals.hasErrors())
        return failure();
      if (best && (failed(end) || *end >= bestEnd))
        continue;
      bestEnd = succeeded(end) ? *end : HUGE_VAL;
    }
    best = std::move(scheduled);
  }
  func.getBody().takeBody(best->getBody());
  return success();
}

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) ||
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
