//===- LoweringTrials.cpp - Schedules that are tried as commands ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoweringTrials.h"

#include "Tuning.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

LoweringTrials::LoweringTrials(MLIRContext *context,
                               NPULowerToPlannedCommandsOptions options)
    : context(context), options(std::move(options)),
      knownLimit(limit.get_future()), diagnostics(context) {
  if (context->isMultithreadingEnabled())
    tasks.emplace(context->getThreadPool());
}

void LoweringTrials::add(OwningOpRef<func::FuncOp> form) {
  size_t number = trials.size();
  Trial &trial = trials.emplace_back();
  trial.func = std::move(form);
  if (tasks)
    tasks->async([this, number, &trial] { lower(number, trial); });
  else
    lower(number, trial);
}

void LoweringTrials::lower(size_t number, Trial &trial) {
  diagnostics.setOrderIDForThread(number);
  PassManager manager(context, func::FuncOp::getOperationName());
  // What is kept is verified behind the pass that would make it.
  manager.enableVerifier(false);
  // The first trial is begun before all others, so that it gets done.
  manager.addPass(number > 0 ? createLowerToPlannedCommands(options, knownLimit)
                             : createNPULowerToPlannedCommands(options));
  RefusalCollector refusals(context);
  if (failed(manager.run(*trial.func)))
    trial.func = nullptr;
  trial.hasErrors = refusals.hasErrors();
  diagnostics.eraseOrderIDForThread();
  if (number == 0)
    findLimit(trial);
}

/// What ends later than the limit, in the order that its commands have, ends
/// later than the first trial in any order that could be found for it: so what
/// the fastest becomes does not depend on the limit.
void LoweringTrials::findLimit(const Trial &first) {
  limit.set_value(first.func ? readEstimatedSeconds(*first.func) /
                                   (1 - tuning::mostOrderGain)
                             : 0);
}

FailureOr<std::optional<LoweringTrials::Fastest>> LoweringTrials::finish() {
  if (tasks)
    tasks->wait();
  std::optional<Fastest> fastest;
  double leastSeconds = HUGE_VAL;
  for (auto [number, trial] : llvm::enumerate(trials)) {
    if (trial.hasErrors)
      return failure();
    if (!trial.func)
      continue;
    double seconds = readEstimatedSeconds(*trial.func);
    if (seconds >= leastSeconds)
      continue;
    leastSeconds = seconds;
    fastest = Fastest{number, std::move(trial.func)};
  }
  return fastest;
}

} // namespace garam::npu
