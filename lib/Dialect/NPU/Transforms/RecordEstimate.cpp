//===- RecordEstimate.cpp - What the cost model expects of a run ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

namespace garam {
#define GEN_PASS_DEF_NPURECORDESTIMATE
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {

double readEstimatedSeconds(func::FuncOp func) {
  FloatAttr seconds =
      NPUDialect::EstimateAttrHelper(func.getContext()).getAttr(func);
  return seconds ? seconds.getValueAsDouble() : 0;
}

namespace {

FailureOr<double> estimateSeconds(func::FuncOp func,
                                  const MachineDescription &machine) {
  if (func.getOps<SegmentOp>().empty()) {
    FailureOr<FunctionCost> cost = estimateCost(func, machine);
    return failed(cost) ? FailureOr<double>() : cost->seconds;
  }
  return failed(checkCommands(func, machine)) ? FailureOr<double>()
                                              : estimateCommands(func, machine);
}

struct RecordEstimate : impl::NPURecordEstimateBase<RecordEstimate> {
  using NPURecordEstimateBase::NPURecordEstimateBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    FailureOr<double> seconds = estimateSeconds(getOperation(), *machine);
    if (failed(seconds))
      return signalPassFailure();
    NPUDialect::EstimateAttrHelper(&getContext())
        .setAttr(getOperation(),
                 Builder(&getContext()).getF64FloatAttr(*seconds));
  }
};

} // namespace

} // namespace garam::npu
