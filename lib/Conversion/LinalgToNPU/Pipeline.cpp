//===- Pipeline.cpp - From structured operations to stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Pipeline.h"

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/GaramExt/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

void buildStagePipeline(OpPassManager &functions,
                        const StagePipelineOptions &options) {
  functions.addPass(ext::createGaramExtDropRanges());
  functions.addPass(createNPUExpandTopK());
  functions.addPass(createNPUUnrollLoops());
  // Constants and shapes in their simplest form, for patterns to see them.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createMergeEqualOperations());
  // Scales that no engine has as its own are operands of the vector engine.
  ext::GaramExtDecomposeOptions scales;
  scales.tensorScales = true;
  functions.addPass(ext::createGaramExtDecompose(scales));
  functions.addPass(createNPUPrepareMovement());
  functions.addPass(createNPUFoldQuantization());
  ConvertLinalgToNPUOptions conversion;
  conversion.residuals = options.residuals;
  llvm::append_range(conversion.narrowFloats, options.narrowFloats);
  functions.addPass(createConvertLinalgToNPU(conversion));
  functions.addPass(createNPUAbsorbReshapes());
  functions.addPass(createNPUFuseVectors(
      {options.stageOperations, options.functionOperations}));
  functions.addPass(createNPUDemoteFloat({options.precision}));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createMergeEqualOperations());
}

void registerStagePipeline() {
  PassPipelineRegistration<StagePipelineOptions>(
      "linalg-to-npu-stages",
      "Turns structured operations into fused stages of the NPU",
      [](OpPassManager &manager, const StagePipelineOptions &options) {
        buildStagePipeline(manager.nest<func::FuncOp>(), options);
      });
}

LogicalResult checkPrecision(func::FuncOp function, StringRef wanted,
                             const MachineDescription &machine) {
  if (wanted.empty())
    return success();
  bool wantsF16 = wanted == "fp16" || wanted == "f16";
  if (!wantsF16 && wanted != "bf16")
    return emitRefusal(
        {function, "precision '" + wanted + "' is not one of bf16 and fp16"});
  bool hasBF16 = machine.findMode(ElementType::BF16);
  bool hasF16 = machine.findMode(ElementType::F16);
  bool hasFloat = hasBF16 || hasF16;
  if ((wantsF16 ? hasF16 : hasBF16) || !hasFloat)
    return success();
  return emitRefusal({function,
                      "'" + machine.name + "' does not multiply " +
                          (wantsF16 ? "f16" : "bf16"),
                      Twine("it does ") + (hasBF16 ? "bf16" : "fp16")});
}

/// Without float products the type matters to nothing: npu-check-stages
/// refuses.
static StringRef choosePrecision(StringRef wanted,
                                 const MachineDescription &machine) {
  if (wanted.empty())
    return machine.findMode(ElementType::BF16) ||
                   !machine.findMode(ElementType::F16)
               ? "bf16"
               : "f16";
  return wanted == "fp16" ? "f16" : wanted;
}

/// Operations that the lanes of all cores carry out while a command is issued
/// and what follows it is told that it has ended. Engines of fixed functions
/// count the operands that they take.
static int64_t countStageOperations(const MachineDescription &machine) {
  const VectorEngineDescription &vector = machine.vector;
  double perCycle = vector.fixedFunction
                        ? vector.fixedFunction->operandsPerCycle
                    : vector.hasFloat ? vector.floatLanes
                                      : vector.intLanes;
  double seconds = vector.commandSeconds + machine.synchronisation.localSeconds;
  return std::llround(seconds * machine.clockHz * perCycle * machine.cores);
}

void buildStagePipeline(OpPassManager &functions,
                        const MachineDescription &machine,
                        StringRef precision) {
  StagePipelineOptions options;
  options.precision = choosePrecision(precision, machine).str();
  options.residuals = machine.tensor.addsResidual();
  options.stageOperations = countStageOperations(machine);
  options.functionOperations = machine.vector.functionCycles;
  for (auto [type, name] : {std::pair(ElementType::F8E4M3, "f8E4M3FN"),
                            std::pair(ElementType::F8E5M2, "f8E5M2")})
    if (machine.findMode(type))
      options.narrowFloats.push_back(name);
  // While each operation is of one node.
  if (!machine.vector.hasFloat)
    functions.addPass(createNPUCheckInterface());
  buildStagePipeline(functions, options);
  if (!machine.vector.hasFloat)
    functions.addPass(createNPUExpandExponential());
  functions.addPass(createNPUCheckStages());
}

} // namespace garam::npu
