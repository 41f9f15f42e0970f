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

struct RecordEstimate : impl::NPURecordEstimateBase<RecordEstimate> {
  using NPURecordEstimateBase::NPURecordEstimateBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkCommands(getOperation(), *machine)))
      return signalPassFailure();
    FailureOr<double> seconds = estimateCommands(getOperation(), *machine);
    if (failed(seconds))
      return signalPassFailure();
    NPUDialect::EstimateAttrHelper(&getContext())
        .setAttr(getOperation(),
                 Builder(&getContext()).getF64FloatAttr(*seconds));
  }
};

} // namespace

} // namespace garam::npu
