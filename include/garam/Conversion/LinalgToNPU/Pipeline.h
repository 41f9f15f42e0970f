//===- Pipeline.h - From structured operations to stages --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_PIPELINE_H
#define GARAM_CONVERSION_LINALGTONPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace garam::npu {

struct StagePipelineOptions
    : mlir::PassPipelineOptions<StagePipelineOptions> {
  Option<std::string> precision{
      *this, "precision",
      llvm::cl::desc("float type of tensors in memory: bf16, f16 or f32"),
      llvm::cl::init("bf16")};
};

/// Appends the passes that turn a function of linalg, tensor and garam_ext into
/// fused stages with the float type of `options`.
void buildStagePipeline(mlir::OpPassManager &manager,
                        const StagePipelineOptions &options);

/// Registers it as linalg-to-npu-stages.
void registerStagePipeline();

} // namespace garam::npu

#endif // GARAM_CONVERSION_LINALGTONPU_PIPELINE_H
