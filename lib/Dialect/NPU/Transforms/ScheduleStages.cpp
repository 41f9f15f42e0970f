//===- ScheduleStages.cpp - Core split and tiles of stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "ScheduleSearch.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSCHEDULESTAGES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkStageFunction(getOperation())) ||
        failed(scheduleStages(getOperation(), *machine, weights,
                              {std::max<size_t>(1, paths),
                               std::max<size_t>(1, choices), branchCores})))
      signalPassFailure();
  }
};

} // namespace

LogicalResult scheduleStages(func::FuncOp func,
                             const MachineDescription &machine,
                             WeightTiming weights, SearchWidth width) {
  if (func.isExternal())
    return success();
  SearchSpace space(func, machine);
  FailureOr<FunctionSchedule> found =
      ScheduleSearch(space, weights, width).run();
  if (succeeded(found))
    found->applyTo(func);
  return success(succeeded(found));
}

} // namespace garam::npu
