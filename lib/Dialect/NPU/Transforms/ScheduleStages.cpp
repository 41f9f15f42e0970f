//===- ScheduleStages.cpp - Core split and tiles of stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "PassOptions.h"
#include "ScheduleSearch.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

#include <limits>

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
    constexpr size_t most = std::numeric_limits<size_t>::max();
    if (failed(checkOption<size_t>(getOperation(), "paths", paths, 1, most)) ||
        failed(
            checkOption<size_t>(getOperation(), "choices", choices, 1, most)))
      return signalPassFailure();
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkStageFunction(getOperation())) ||
        failed(scheduleStages(getOperation(), *machine, weights,
                              {paths, choices, branchCores})))
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
