//===- Pipeline.cpp - From structured operations to stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Pipeline.h"

#include "garam/Conversion/Passes.h"
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::npu {

void buildStagePipeline(OpPassManager &manager,
                        const StagePipelineOptions &options) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  // Constants and shapes in their simplest form, for patterns to see them.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createNPUFoldQuantization());
  functions.addPass(createConvertLinalgToNPU());
  functions.addPass(createNPUFuseVectors());
  functions.addPass(createNPUDemoteFloat({options.precision}));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
}

void registerStagePipeline() {
  PassPipelineRegistration<StagePipelineOptions>(
      "linalg-to-npu-stages",
      "Turns structured operations into fused stages of the NPU",
      buildStagePipeline);
}

} // namespace garam::npu
