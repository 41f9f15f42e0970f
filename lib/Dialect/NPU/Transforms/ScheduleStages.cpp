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

/// What a level of optimisation does.
struct Effort {
  SearchWidth width;
  bool triesWeightsAhead;
};

Effort getEffort(unsigned level) {
  constexpr Effort efforts[] = {
      {{/*paths=*/1, /*choices=*/1}, /*triesWeightsAhead=*/false},
      {{/*paths=*/1, /*choices=*/3}, /*triesWeightsAhead=*/false},
      {{/*paths=*/3, /*choices=*/3}, /*triesWeightsAhead=*/true},
      {{/*paths=*/4, /*choices=*/6}, /*triesWeightsAhead=*/true},
  };
  return efforts[std::min<size_t>(level, std::size(efforts) - 1)];
}

/// Schedules a function with each timing of weights that `effort` says, and
/// keeps what is faster as commands.
LogicalResult scheduleBest(func::FuncOp func, const MachineDescription &machine,
                           const Effort &effort) {
  OwningOpRef<func::FuncOp> other;
  if (effort.triesWeightsAhead)
    other = func.clone();
  if (failed(
          scheduleStages(func, machine, WeightTiming::inOrder, effort.width)))
    return failure();
  if (!other)
    return success();
  if (failed(
          scheduleStages(*other, machine, WeightTiming::ahead, effort.width)))
    return failure();
  OwningOpRef<func::FuncOp> commands = func.clone();
  OwningOpRef<func::FuncOp> otherCommands = other->clone();
  RefusalCollector refusals(func.getContext());
  FailureOr<double> end = estimateSchedule(*commands, machine);
  FailureOr<double> otherEnd = estimateSchedule(*otherCommands, machine);
  if (succeeded(otherEnd) && (failed(end) || *otherEnd < *end))
    func.getBody().takeBody(other->getBody());
  return success(!refusals.hasErrors());
}

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) ||
        failed(scheduleBest(getOperation(), *machine, getEffort(level))))
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
