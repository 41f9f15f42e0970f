//===- Pipeline.cpp - From structured operations to kernels ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"
#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::host {

static void buildKernelPipeline(OpPassManager &functions,
                                const RefusalHandler &onRefusal) {
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createNormalizeStructure());
  functions.addPass(createLinalgFoldUnitExtentDimsPass());
  functions.addPass(createUnfoldConvolutions());
  functions.addPass(createFuseElementwise());
  functions.addPass(createCollapseDimensions());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createHostFormKernels(onRefusal));
}

LogicalResult convertToKernels(func::FuncOp function,
                               const RefusalHandler &onRefusal) {
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  buildKernelPipeline(manager, onRefusal);
  return manager.run(function);
}

void registerKernelPipeline() {
  PassPipelineRegistration<>(
      "linalg-to-host-kernels",
      "Turns structured operations into kernels of the host",
      [](OpPassManager &manager) {
        buildKernelPipeline(
            manager.nest<func::FuncOp>(),
            [](const Refusal &refusal) { emitRefusal(refusal); });
      });
}

} // namespace garam::host
