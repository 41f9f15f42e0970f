//===- LowerToPlannedCommands.cpp - Commands that fit the memories --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "PassOptions.h"
#include "ReplaceFunction.h"
#include "Tuning.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/LaterForm.h"
#include "mlir/Pass/PassManager.h"

#include <map>

namespace garam {
#define GEN_PASS_DEF_NPULOWERTOPLANNEDCOMMANDS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {
namespace {

using tuning::WeightPlan;

struct LowerToPlannedCommands
    : impl::NPULowerToPlannedCommandsBase<LowerToPlannedCommands> {
  using NPULowerToPlannedCommandsBase::NPULowerToPlannedCommandsBase;

  LowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                         LaterForm *made)
      : NPULowerToPlannedCommandsBase(options), made(made) {}
  LowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                         std::shared_future<double> limit)
      : NPULowerToPlannedCommandsBase(options), laterLimit(std::move(limit)) {}

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (failed(checkLevel(func, level)))
      return signalPassFailure();
    if (func.isExternal())
      return;
    FunctionType type = func.getFunctionType();
    if (OwningOpRef<func::FuncOp> commands =
            made && !isWatched() ? made->take(func, *this) : nullptr)
      replaceFunction(func, std::move(commands));
    else if (failed(lower(func)))
      return signalPassFailure();
    // Commands have no arguments: inputs and outputs are segments by now.
    func.removeArgAttrsAttr();
    func.removeResAttrsAttr();
    func->setAttr(hetero::loweredAttrName, TypeAttr::get(type));
  }

private:
  /// Whether someone wants to see the passes run: to print the IR behind each,
  /// to time them.
  bool isWatched() {
    return getAnalysisManager().getPassInstrumentor() != nullptr;
  }

  OpPassManager buildLowering(double fill) const {
    OpPassManager manager(func::FuncOp::getOperationName());
    manager.addPass(createNPUPlaceTensors({target, fill}));
    manager.addPass(createNPULowerToCommands({target}));
    return manager;
  }

  OpPassManager buildPlanning(const WeightPlan &plan) const {
    OpPassManager manager(func::FuncOp::getOperationName());
    if (plan.pins)
      manager.addPass(createNPUPinWeights({target, plan.fill}));
    if (plan.fill > 0)
      manager.addPass(createNPUPrefetchWeights({target, plan.fill}));
    manager.addPass(createNPUPlanMemory({target, plan.resting}));
    return manager;
  }

  OpPassManager buildOrdering() const {
    OpPassManager manager(func::FuncOp::getOperationName());
    if (level > 0)
      manager.addPass(createNPUScheduleCommands({target, limit}));
    manager.addPass(createNPUSynchronize());
    manager.addPass(createNPURecordEstimate({target}));
    return manager;
  }

  LogicalResult lower(func::FuncOp func) {
    if (failed(tryEach<double>(func, tuning::fillFractions, [&](double fill) {
          OpPassManager lowering = buildLowering(fill);
          return success(succeeded(runPipeline(lowering, func)) &&
                         succeeded(plan(func)));
        })))
      return failure();
    if (laterLimit.valid())
      limit = laterLimit.get();
    OpPassManager ordering = buildOrdering();
    return runPipeline(ordering, func);
  }

  LogicalResult plan(func::FuncOp func) {
    FailureOr<SmallVector<WeightPlan>> plans = listPlans(func);
    if (failed(plans))
      return failure();
    return tryEach<WeightPlan>(func, *plans, [&](const WeightPlan &plan) {
      OpPassManager planning = buildPlanning(plan);
      return runPipeline(planning, func);
    });
  }

  /// The plans that may fit. What comes ahead takes memory beside what is there
  /// anyhow: where that does not fit by itself, none is tried, for the longer
  /// the program, the longer each takes. The last plan, of nothing ahead, is
  /// tried always: it says what does not fit.
  FailureOr<SmallVector<WeightPlan>> listPlans(func::FuncOp func) {
    FailureOr<MachineDescription> machine = loadMachine(func, target);
    if (failed(machine))
      return failure();
    std::map<int64_t, FailureOr<int64_t>> leastBytes; // by resting
    SmallVector<WeightPlan> plans;
    for (const WeightPlan &plan : ArrayRef(tuning::weightPlans).drop_back()) {
      if (!pinWeights && (plan.pins || level == 0))
        continue;
      auto [least, isNew] = leastBytes.try_emplace(plan.resting, failure());
      if (isNew)
        least->second = getLeastLocalBytes(func, *machine, plan.resting);
      if (failed(least->second))
        return failure();
      if (plan.pins || *least->second <= int64_t(machine->local.bytes))
        plans.push_back(plan);
    }
    plans.push_back(ArrayRef(tuning::weightPlans).back());
    return plans;
  }

  /// Runs `attempt` with one choice after the other, until it does not
  /// refuse. A function that is refused in the end is as it was.
  template <typename Choice>
  LogicalResult
  tryEach(func::FuncOp func, ArrayRef<Choice> choices,
          llvm::function_ref<LogicalResult(const Choice &)> attempt) {
    for (const Choice &choice : choices) {
      OwningOpRef<func::FuncOp> before = func.clone();
      std::optional<RefusalCollector> refusals;
      if (&choice != &choices.back())
        refusals.emplace(&getContext());
      if (succeeded(attempt(choice)))
        return success();
      replaceFunction(func, std::move(before));
      if (refusals && refusals->hasErrors())
        return failure();
    }
    return failure();
  }

  LaterForm *made = nullptr;             // may stay null
  std::shared_future<double> laterLimit; // if it is no option
};

} // namespace

std::unique_ptr<Pass>
createLowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                             LaterForm *made) {
  return std::make_unique<LowerToPlannedCommands>(options, made);
}

std::unique_ptr<Pass>
createLowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                             std::shared_future<double> limit) {
  return std::make_unique<LowerToPlannedCommands>(options, std::move(limit));
}

} // namespace garam::npu
