//===- CompileStages.cpp - From stages to an NPU program ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Compile.h"

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/StaticChecker.h"

#include <climits>

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
      FailureOr<FunctionCost> cost = estimateCost(attempt, machine);
      lowered = cost;
      if (succeeded(cost)) {
        result.estimatedSeconds = cost->seconds;
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

/// Bytes of DRAM that a function cannot do without: its arguments, results and
/// constants.
static uint64_t countHeldBytes(func::FuncOp func) {
  uint64_t bytes = 0;
  auto add = [&](Type type) {
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      bytes += tensor.getNumElements() *
               llvm::divideCeil(tensor.getElementTypeBitWidth(), CHAR_BIT);
  };
  for (Type type : func.getArgumentTypes())
    add(type);
  for (Type type : func.getResultTypes())
    add(type);
  for (auto constant : func.getOps<ConstantOp>())
    add(constant.getType());
  return bytes;
}

FailureOr<StagesEstimate> estimateStages(func::FuncOp func,
                                         const MachineDescription &machine) {
  if (countHeldBytes(func) > machine.dram.bytes ||
      failed(scheduleFunction(func, machine)))
    return failure();
  StagesEstimate estimate;
  FailureOr<int64_t> placed = placeTensors(func, machine, fillFractions[0]);
  if (failed(placed))
    return failure();
  estimate.onChipBytes = *placed;
  FailureOr<FunctionCost> cost = estimateCost(func, machine);
  if (failed(cost))
    return failure();
  estimate.cost = *cost;
  return estimate;
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
