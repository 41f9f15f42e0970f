//===- Pipelines.h - The passes of each stage -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_PIPELINES_H
#define GARAM_LIB_DRIVER_PIPELINES_H

#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Driver/Compile.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

namespace garam {

// Names of the stages that do not depend on the device.
constexpr llvm::StringLiteral onnxStage = "onnx";
constexpr llvm::StringLiteral linalgStage = "linalg";
constexpr llvm::StringLiteral placedStage = "placed";
constexpr llvm::StringLiteral binaryStage = "binary";

/// From the onnx dialect to linalg on tensors, all of fixed sizes where
/// `padsSizes` says so.
void buildLinalgPipeline(mlir::OpPassManager &manager, bool padsSizes);

/// How the operations of a module get their devices.
struct PlacementOptions {
  /// A chip with a host that joins it when it is needed.
  bool isChip = false;
  /// The device that gets what it takes; empty: chosen by time.
  std::string defaultDevice;
  /// Whether the host gets what the others refuse.
  bool hasFallback = true;
  /// Whether the runtime quantises inputs and dequantises outputs.
  bool hoistsQuantization = false;
  /// Whether devices are asked what they refuse.
  bool asksDevices = true;
  /// A placement file, or empty.
  std::string rulesFile;
};

/// From linalg to executables for the devices of the module's system.
void buildPlacementPipeline(
    mlir::OpPassManager &manager, const PlacementOptions &options,
    const DeviceCompileOptions &deviceOptions,
    std::shared_ptr<const hetero::PlacementResources> known);

} // namespace garam

#endif // GARAM_LIB_DRIVER_PIPELINES_H
