//===- Compile.h - From stages to an NPU program ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_COMPILE_H
#define GARAM_TARGET_NPU_COMPILE_H

#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NPU/CompiledProgram.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

namespace garam::npu {

/// Appends the passes that choose layouts, core splits and tiles of a function
/// of stages, after its indices have become data. `later` gets the commands
/// that were made of those on the way, if any; it may be null.
void buildSchedulePipeline(mlir::OpPassManager &functions,
                           unsigned level = defaultOptimizationLevel,
                           bool pinWeights = false, LaterForm *later = nullptr);

struct StagesEstimate {
  FunctionCost cost;
  /// As placeTensors says: buffers have no addresses yet.
  uint64_t onChipBytes = 0;
};
/// What the cost model expects of a function of stages, which are scheduled and
/// get the memories on the way, as npu-lower-to-planned-commands tries them
/// first; there are no commands and no addresses. Fails when a stage has no
/// schedule, or what must lie in DRAM exceeds it. That buffers have no place on
/// the chip even in small pieces is found by that pass only.
mlir::FailureOr<StagesEstimate>
estimateStages(mlir::func::FuncOp func, const MachineDescription &machine);

/// The program that a function of planned and synchronised commands is.
/// The constants refer to the attributes of the function's context, which must
/// outlive them.
mlir::FailureOr<CompiledProgram>
exportProgram(mlir::func::FuncOp commands, const MachineDescription &machine);

/// The same, proved by the static checker.
mlir::FailureOr<CompiledProgram>
exportChecked(mlir::func::FuncOp commands, const MachineDescription &machine);

/// All of it: a function of stages becomes a program, proved by the static
/// checker. `func` is left as commands.
mlir::FailureOr<CompiledProgram> compileStages(mlir::func::FuncOp func,
                                               const TargetFile &target);

/// Registers --npu-to-binary and --npu-disassemble of garam-translate.
void registerTranslations();

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_COMPILE_H
