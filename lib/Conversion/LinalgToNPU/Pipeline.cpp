//===- Pipeline.cpp - From structured operations to stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Pipeline.h"

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::npu {

void buildStagePipeline(OpPassManager &functions,
                        const StagePipelineOptions &options) {
  // Constants and shapes in their simplest form, for patterns to see them.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createNPUPrepareMovement());
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
      [](OpPassManager &manager, const StagePipelineOptions &options) {
        buildStagePipeline(manager.nest<func::FuncOp>(), options);
      });
}

static LogicalResult choosePrecision(func::FuncOp function,
                                     const MachineDescription &machine,
                                     StringRef wanted, std::string &precision) {
  bool hasBF16 = machine.findMode(ElementType::BF16);
  bool hasF16 = machine.findMode(ElementType::F16);
  if (wanted.empty()) {
    // Without float products the type matters to nothing: checkStages refuses.
    precision = hasBF16 || !hasF16 ? "bf16" : "f16";
    return success();
  }
  precision = wanted == "fp16" ? "f16" : wanted.str();
  if (precision != "bf16" && precision != "f16")
    return function.emitError()
           << "precision '" << wanted << "' is not one of bf16 and fp16";
  bool hasFloat = hasBF16 || hasF16;
  bool hasIt = precision == "bf16" ? hasBF16 : hasF16;
  if (hasFloat && !hasIt)
    return function.emitError()
           << "'" << machine.name << "' does not multiply " << precision
           << "; it does " << (hasBF16 ? "bf16" : "fp16");
  return success();
}

LogicalResult convertToStages(func::FuncOp function,
                              const MachineDescription &machine,
                              StringRef precision) {
  StagePipelineOptions options;
  std::string type;
  if (failed(choosePrecision(function, machine, precision, type)))
    return failure();
  options.precision = type;
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  buildStagePipeline(manager, options);
  if (!machine.vector.hasFloat)
    manager.addPass(createNPUExpandExponential());
  if (failed(manager.run(function)))
    return failure();
  return checkStages(function, machine);
}

} // namespace garam::npu
