//===- DeviceTarget.h - The compiler's side of a device ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICETARGET_H
#define GARAM_TARGET_DEVICETARGET_H

#include "garam/Target/Device.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Visitors.h"
#include "mlir/Support/LLVM.h"

namespace garam {

/// How the diagnostic of a fault of the compiler begins; all others are about
/// the model.
constexpr llvm::StringLiteral internalErrorPrefix = "internal error: ";

struct DeviceCompileOptions {
  /// Arithmetic of float models ("bf16", "fp16"), or empty for the device's
  /// choice.
  std::string precision;
  /// The stage of the device that the function is at already, or empty.
  std::string startStage;
};

/// Why a device does not take an operation.
struct Refusal {
  mlir::Location loc; // of the operation
  std::string reason;
};

/// What a function would cost on a device.
struct DeviceEstimate {
  double seconds = 0;
  double joules = 0;
  uint64_t dramBytes = 0;   // read and written
  uint64_t weightBytes = 0; // in device precision
  uint64_t onChipBytes = 0; // in use at most
};

} // namespace garam

#include "garam/Target/DeviceTarget.h.inc"

#endif // GARAM_TARGET_DEVICETARGET_H
