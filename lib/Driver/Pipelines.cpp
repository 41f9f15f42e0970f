//===- Pipelines.cpp - The passes of each stage ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Pipelines.h"

#include "garam/Conversion/Passes.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "garam/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam {

void buildLinalgPipeline(OpPassManager &manager, bool padsSizes) {
  manager.addNestedPass<func::FuncOp>(onnx::createONNXRaise());
  // Every node that cannot be converted is reported by this one pass.
  manager.addNestedPass<func::FuncOp>(createConvertONNXToLinalg());
  manager.addNestedPass<func::FuncOp>(createBoundSizes());
  manager.addNestedPass<func::FuncOp>(createSizeInputs());
  if (padsSizes)
    manager.addNestedPass<func::FuncOp>(createPadSizes());
  // What the conversion of one node leaves for its neighbour to use: shapes,
  // initial values, constants.
  manager.addPass(createCanonicalizerPass());
}

void buildPlacementPipeline(
    OpPassManager &manager, const PlacementOptions &options,
    const DeviceCompileOptions &deviceOptions,
    std::shared_ptr<const hetero::PlacementResources> known) {
  HeteroMergeEqualNodesPassOptions merge;
  merge.rulesFile = options.rulesFile;
  manager.addPass(createHeteroMergeEqualNodesPass(merge, known));
  // Before functions move: it changes what they take and return.
  if (options.hoistsQuantization)
    manager.addPass(createHeteroHoistQuantizationPass());
  HeteroPlacePassOptions place;
  place.defaultDevice = options.defaultDevice;
  place.fallback = options.hasFallback;
  place.asksDevices = options.asksDevices;
  place.rulesFile = options.rulesFile;
  place.precision = deviceOptions.precision;
  for (const auto &[flag, value] : deviceOptions.values)
    place.deviceOptions.push_back(flag + "=" + value);
  manager.addPass(createHeteroPlacePass(place, std::move(known)));
  HeteroPartitionPassOptions partition;
  partition.dropsIdleHost = options.isChip;
  manager.addPass(createHeteroPartitionPass(partition));
}

} // namespace garam
