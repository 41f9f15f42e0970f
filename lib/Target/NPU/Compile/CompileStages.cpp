//===- CompileStages.cpp - From stages to an NPU program ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Compile.h"

#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/StaticChecker.h"

using namespace mlir;

namespace garam::npu {

/// Fractions of local memory that tensors are placed for, tried in this order:
/// the address planner needs room that the sum of sizes does not show.
static constexpr double fillFractions[] = {0.85, 0.65, 0.45, 0.25, 0.0};

FailureOr<LoweredFunction>
lowerToPlannedCommands(func::FuncOp func, const MachineDescription &machine) {
  for (double fill : fillFractions) {
    bool isLast = fill == 0.0;
    func::FuncOp attempt = func.clone();
    LoweredFunction result;
    FailureOr<MemoryUse> use = failure();
    LogicalResult lowered = placeTensors(attempt, machine, fill);
    if (succeeded(lowered)) {
      FailureOr<double> estimated = estimateSeconds(attempt, machine);
      lowered = estimated;
      if (succeeded(estimated)) {
        result.estimatedSeconds = *estimated;
        lowered = lowerToCommands(attempt, machine);
      }
    }
    if (succeeded(lowered))
      use = planMemory(attempt, machine, /*quiet=*/!isLast);
    if (succeeded(use)) {
      result.memory = *use;
      synchronize(attempt);
      rollLoops(attempt);
      func.getBody().takeBody(attempt.getBody());
      func->setAttrs(attempt->getAttrDictionary());
    }
    attempt.erase();
    if (succeeded(use))
      return result;
    if (failed(lowered))
      return failure();
  }
  return failure();
}

LogicalResult scheduleFunction(func::FuncOp func,
                               const MachineDescription &machine) {
  materializeIndices(func);
  assignLayouts(func);
  return scheduleStages(func, machine);
}

FailureOr<CompiledProgram> compileStages(func::FuncOp func,
                                         const MachineDescription &machine) {
  if (failed(scheduleFunction(func, machine)) ||
      failed(lowerToPlannedCommands(func, machine)))
    return failure();
  FailureOr<CompiledProgram> compiled = exportProgram(func, machine);
  if (failed(compiled))
    return failure();
  if (llvm::Error error =
          checkProgram(compiled->program, compiled->plan, machine))
    return func.emitError("the compiled program breaks a rule: ")
           << llvm::toString(std::move(error));
  return compiled;
}

} // namespace garam::npu
