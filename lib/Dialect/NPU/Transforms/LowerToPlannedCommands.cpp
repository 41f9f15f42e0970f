//===- LowerToPlannedCommands.cpp - Commands that fit the memories --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

namespace garam {
#define GEN_PASS_DEF_NPULOWERTOPLANNEDCOMMANDS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {
namespace {

/// Fractions of local memory that tensors are placed for, tried in this order:
/// the address planner needs room that the sum of sizes does not show.
constexpr double fillFractions[] = {0.85, 0.65, 0.45, 0.25, 0.0};

struct LowerToPlannedCommands
    : impl::NPULowerToPlannedCommandsBase<LowerToPlannedCommands> {
  using NPULowerToPlannedCommandsBase::NPULowerToPlannedCommandsBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    FunctionType type = func.getFunctionType();
    if (failed(lower(func)))
      return signalPassFailure();
    // Commands have no arguments: inputs and outputs are segments by now.
    func.removeArgAttrsAttr();
    func.removeResAttrsAttr();
    func->setAttr(hetero::loweredAttrName, TypeAttr::get(type));
  }

private:
  OpPassManager buildPipeline(double fill) const {
    OpPassManager manager(func::FuncOp::getOperationName());
    manager.addPass(createNPUPlaceTensors({target, fill}));
    manager.addPass(createNPURecordEstimate({target}));
    manager.addPass(createNPULowerToCommands({target}));
    manager.addPass(createNPUPlanMemory({target}));
    manager.addPass(createNPUSynchronize());
    manager.addPass(createNPURollLoops());
    return manager;
  }

  /// What an attempt but the last refuses is tried again with more room. A
  /// function that is refused in the end is as it was.
  LogicalResult lower(func::FuncOp func) {
    for (const double &fill : fillFractions) {
      OwningOpRef<func::FuncOp> before = func.clone();
      std::optional<RefusalCollector> refusals;
      if (&fill != std::end(fillFractions) - 1)
        refusals.emplace(&getContext());
      OpPassManager pipeline = buildPipeline(fill);
      if (succeeded(runPipeline(pipeline, func)))
        return success();
      func.getBody().takeBody(before->getBody());
      func->setAttrs(before->getOperation()->getAttrDictionary());
      if (refusals && refusals->hasErrors())
        return failure();
    }
    return failure();
  }
};

} // namespace

} // namespace garam::npu
