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
                        const StagePipelineOptions &options,
                        const RefusalHandler &onRefusal) {
  // Constants and shapes in their simplest form, for patterns to see them.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createNPUPrepareMovement());
  functions.addPass(createNPUFoldQuantization());
  functions.addPass(createConvertLinalgToNPU(onRefusal));
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
        buildStagePipeline(
            manager.nest<func::FuncOp>(), options,
            [](const Refusal &refusal) { emitRefusal(refusal); });
      });
}

static LogicalResult choosePrecision(func::FuncOp function,
                                     const MachineDescription &machine,
                                     StringRef wanted,
                                     const RefusalHandler &onRefusal,
                                     std::string &precision) {
  bool hasBF16 = machine.findMode(ElementType::BF16);
  bool hasF16 = machine.findMode(ElementType::F16);
  if (wanted.empty()) {
    // Without float products the type matters to nothing: checkStages refuses.
    precision = hasBF16 || !hasF16 ? "bf16" : "f16";
    return success();
  }
  precision = wanted == "fp16" ? "f16" : wanted.str();
  if (precision != "bf16" && precision != "f16") {
    onRefusal({function, "precision '" + wanted +
                             "' is not one of bf16 and "
                             "fp16"});
    return failure();
  }
  bool hasFloat = hasBF16 || hasF16;
  bool hasIt = precision == "bf16" ? hasBF16 : hasF16;
  if (hasIt || !hasFloat)
    return success();
  onRefusal({function, "'" + machine.name + "' does not multiply " + precision,
             Twine("it does ") + (hasBF16 ? "bf16" : "fp16")});
  return failure();
}

LogicalResult convertToStages(func::FuncOp function,
                              const MachineDescription &machine,
                              StringRef precision,
                              const RefusalHandler &onRefusal) {
  StagePipelineOptions options;
  std::string type;
  if (failed(choosePrecision(function, machine, precision, onRefusal, type)))
    return failure();
  options.precision = type;
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  buildStagePipeline(manager, options, onRefusal);
  if (!machine.vector.hasFloat)
    manager.addPass(createNPUExpandExponential());
  if (failed(manager.run(function)))
    return failure();
  SmallVector<Refusal> refusals = checkStages(function, machine);
  llvm::for_each(refusals, onRefusal);
  return success(refusals.empty());
}

} // namespace garam::npu
