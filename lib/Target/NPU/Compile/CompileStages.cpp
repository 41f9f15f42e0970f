//===- CompileStages.cpp - From stages to an NPU program ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Compile.h"

#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/LaterForm.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/NPU/StaticChecker.h"

#include <climits>

using namespace mlir;

namespace garam::npu {

/// What buildSchedulePipeline does, for an estimate.
static LogicalResult scheduleFunction(func::FuncOp func,
                                      const MachineDescription &machine) {
  trimStages(func);
  materializeIndices(func);
  assignLayouts(func);
  fuseGroups(func, machine);
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
  FailureOr<int64_t> placed = placeTensors(func, machine, plannedFill);
  if (failed(placed))
    return failure();
  estimate.onChipBytes = *placed;
  FailureOr<FunctionCost> cost = estimateCost(func, machine);
  if (failed(cost))
    return failure();
  estimate.cost = *cost;
  return estimate;
}

void buildSchedulePipeline(OpPassManager &functions, unsigned level,
                           bool pinWeights, LaterForm *later) {
  functions.addPass(createNPUTrimStages());
  functions.addPass(createNPURecordBound());
  functions.addPass(createNPUMaterializeIndices());
  functions.addPass(createNPUAssignLayouts());
  functions.addPass(createNPUFuseGroups());
  NPUSearchSchedulesOptions search;
  search.level = level;
  search.pinWeights = pinWeights;
  functions.addPass(createSearchSchedules(search, later));
}

FailureOr<CompiledProgram> compileStages(func::FuncOp func,
                                         const TargetFile &target) {
  auto attr =
      TargetAttr::get(func.getContext(), target.header.name, target.text);
  LaterForm commands;
  if (failed(runDevicePasses(func, attr, [&](OpPassManager &functions) {
        buildSchedulePipeline(functions, defaultOptimizationLevel,
                              /*pinWeights=*/false, &commands);
        functions.addPass(createLowerToPlannedCommands({}, &commands));
        functions.addPass(createNPURollLoops());
      })))
    return failure();
  llvm::Expected<MachineDescription> machine =
      readTargetFile(target.getBuffer());
  if (!machine)
    return func.emitError() << llvm::toString(machine.takeError());
  return exportChecked(func, *machine);
}

FailureOr<CompiledProgram> exportChecked(func::FuncOp commands,
                                         const MachineDescription &machine) {
  FailureOr<CompiledProgram> compiled = exportProgram(commands, machine);
  if (failed(compiled))
    return failure();
  if (llvm::Error error =
          checkProgram(compiled->program, compiled->plan, machine))
    return commands.emitError("the program breaks a rule: ")
           << llvm::toString(std::move(error));
  return compiled;
}

} // namespace garam::npu
