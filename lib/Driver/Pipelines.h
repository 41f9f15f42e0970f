//===- Pipelines.h - The passes of each stage -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_PIPELINES_H
#define GARAM_LIB_DRIVER_PIPELINES_H

#include "garam/Driver/Compile.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

namespace garam {

// Names of the stages that do not depend on the device.
constexpr llvm::StringLiteral onnxStage = "onnx";
constexpr llvm::StringLiteral linalgStage = "linalg";
constexpr llvm::StringLiteral placedStage = "placed";
constexpr llvm::StringLiteral binaryStage = "binary";

/// From the onnx dialect to linalg on tensors.
void buildLinalgPipeline(mlir::OpPassManager &manager);

/// From linalg to executables for the device `target`.
void buildPlacementPipeline(mlir::OpPassManager &manager,
                            DeviceTargetAttrInterface target,
                            const CompileOptions &options);

} // namespace garam

#endif // GARAM_LIB_DRIVER_PIPELINES_H
