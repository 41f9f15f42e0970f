//===- RecordEstimate.cpp - What the cost model expects of a run ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandFlow.h"
#include "Machine.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Support/NodeIds.h"

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
    FailureOr<CommandEnds> ends = estimateCommands(getOperation(), *machine);
    if (failed(ends))
      return signalPassFailure();
    record(*ends);
  }

private:
  void record(const CommandEnds &ends) {
    Builder b(&getContext());
    NPUDialect::EstimateAttrHelper(&getContext())
        .setAttr(getOperation(), b.getF64FloatAttr(ends.last));
    SmallVector<NamedAttribute> ofNodes;
    for (auto [node, seconds] : ends.ofNodes)
      if (!node.empty())
        ofNodes.push_back(b.getNamedAttr(node, b.getF64FloatAttr(seconds)));
    NPUDialect::NodeEndsAttrHelper(&getContext())
        .setAttr(getOperation(), b.getDictionaryAttr(ofNodes));
  }
};

} // namespace

FailureOr<CommandEnds> estimateCommands(func::FuncOp func,
                                        const MachineDescription &machine) {
  CommandClock clock(machine);
  if (failed(clock.addPrograms(func)))
    return failure();
  SmallVector<Operation *> operations;
  for (Operation &op : func.front().without_terminator())
    operations.push_back(&op);
  CommandFlow flow(operations, clock, machine);
  CommandEnds ends;
  ends.last = flow.run();
  flow.visitEnds([&](Operation *command, double seconds) {
    for (StringRef node : getNodeIds(command->getLoc())) {
      double &end = ends.ofNodes[node];
      end = std::max(end, seconds);
    }
  });
  return ends;
}

} // namespace garam::npu
