//===- Pipeline.h - From structured operations to stages --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_PIPELINE_H
#define GARAM_CONVERSION_LINALGTONPU_PIPELINE_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace garam::npu {

struct StagePipelineOptions : mlir::PassPipelineOptions<StagePipelineOptions> {
  Option<std::string> precision{
      *this, "precision",
      llvm::cl::desc("float type of tensors in memory: bf16, f16 or f32"),
      llvm::cl::init("bf16")};
  Option<bool> residuals{
      *this, "residuals",
      llvm::cl::desc("whether the tensor engine's epilogue adds tensors"),
      llvm::cl::init(true)};
  ListOption<std::string> narrowFloats{
      *this, "narrow-floats",
      llvm::cl::desc("floats of 8 bits that the tensor engine multiplies: "
                     "f8E4M3FN, f8E5M2")};
  Option<int64_t> stageOperations{
      *this, "stage-operations",
      llvm::cl::desc("operations of all lanes in the time that a vector stage "
                     "takes whatever its size"),
      llvm::cl::init(0)};
  Option<int64_t> functionOperations{
      *this, "function-operations",
      llvm::cl::desc("operations of a lane that a function such as exp takes"),
      llvm::cl::init(1)};
};

/// Appends the passes that turn a function of linalg, tensor and garam_ext into
/// fused stages with the float type of `options`; `functions` runs on
/// functions.
void buildStagePipeline(mlir::OpPassManager &functions,
                        const StagePipelineOptions &options);

/// Appends these passes for a machine, and the check that it can carry out the
/// stages. `precision` is "bf16", "f16" (also "fp16") or empty: bf16 where the
/// machine multiplies it, else f16.
void buildStagePipeline(mlir::OpPassManager &functions,
                        const MachineDescription &machine,
                        llvm::StringRef precision);

/// Refuses a precision that the machine has not, where it has another one.
mlir::LogicalResult checkPrecision(mlir::func::FuncOp function,
                                   llvm::StringRef precision,
                                   const MachineDescription &machine);

/// Registers it as linalg-to-npu-stages.
void registerStagePipeline();

} // namespace garam::npu

#endif // GARAM_CONVERSION_LINALGTONPU_PIPELINE_H
