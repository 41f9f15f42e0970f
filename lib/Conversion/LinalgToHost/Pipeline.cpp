//===- Pipeline.cpp - From structured operations to kernels ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"
#include "garam/Dialect/GaramExt/Transforms/Passes.h"
#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::host {

void buildKernelPipeline(OpPassManager &functions) {
  functions.addPass(ext::createGaramExtDropRanges());
  functions.addPass(createUnpackWeights());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createMergeEqualOperations());
  functions.addPass(createNormalizeStructure());
  functions.addPass(createCropUnreadElements());
  functions.addPass(createLinalgFoldUnitExtentDimsPass());
  functions.addPass(createUnfoldConvolutions());
  functions.addPass(createFuseElementwise());
  functions.addPass(createCollapseDimensions());
  functions.addPass(createHostPackWeights());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createMergeEqualOperations());
  functions.addPass(createHostHoldSizes());
  functions.addPass(createHostDropStores());
  functions.addPass(createHostSeparateResults());
  functions.addPass(createHostFormKernels());
}

void registerKernelPipeline() {
  PassPipelineRegistration<>(
      "linalg-to-host-kernels",
      "Turns structured operations into kernels of the host",
      [](OpPassManager &manager) {
        buildKernelPipeline(manager.nest<func::FuncOp>());
      });
}

} // namespace garam::host
