//===- Pipelines.cpp - The passes of each stage ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Pipelines.h"

#include "garam/Conversion/Passes.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam {

void buildLinalgPipeline(OpPassManager &manager) {
  // Every node that cannot be converted is reported by this one pass.
  manager.addNestedPass<func::FuncOp>(createConvertONNXToLinalg());
  // What the conversion of one node leaves for its neighbour to use: shapes,
  // initial values, constants.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void buildPlacementPipeline(OpPassManager &manager,
                            DeviceTargetAttrInterface target,
                            const CompileOptions &options) {
  // Before functions move: it changes what they take and return.
  if (!target.hasFloat())
    manager.addPass(createHeteroHoistQuantizationPass());
  HeteroOutlinePassOptions outline;
  outline.precision = options.precision;
  // With one device there is nothing to choose; its compile refuses by itself,
  // and the function is converted once.
  outline.check = false;
  manager.addPass(createHeteroOutlinePass(outline));
}

} // namespace garam
