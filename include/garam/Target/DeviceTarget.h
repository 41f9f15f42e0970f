//===- DeviceTarget.h - The compiler's side of a device ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICETARGET_H
#define GARAM_TARGET_DEVICETARGET_H

#include "garam/Target/Device.h"
#include "garam/Target/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Visitors.h"
#include "mlir/Support/LLVM.h"

#include <functional>
#include <map>
#include <string>

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
  /// Whether the function was read from a file at that stage, so that its
  /// faults are the user's.
  bool isFromFile = false;
  /// Values of the options of `garam compile` that devices have of their own
  /// (Device::getCompileOptions), by flag. Those of other devices are in it
  /// too.
  std::map<std::string, std::string> values;

  /// The value of an option of the device, or its default.
  llvm::StringRef getValue(const DeviceOption &option) const;
};

/// Why a device does not take a part of a function.
struct Refusal {
  mlir::Location loc;
  /// Ids of the ONNX nodes that the location names.
  llvm::SmallVector<std::string, 1> nodes;
  /// Name of the operation; empty for the function, or for several operations
  /// that the device would carry out as one.
  std::string operation;
  std::string reason;
  /// What the user can do about it; may be empty.
  std::string hint;

  /// Of `op` by itself; a function has no name to a user.
  Refusal(mlir::Operation *op, const llvm::Twine &reason,
          const llvm::Twine &hint = "");
  /// Of whatever is at `loc`.
  Refusal(mlir::Location loc, const llvm::Twine &reason,
          const llvm::Twine &hint = "");
};

/// Takes the refusals of a function one by one.
using RefusalHandler = std::function<void(const Refusal &)>;

/// Reports `refusal` as an error at its location; `target` may be empty.
void emitRefusal(const Refusal &refusal, llvm::StringRef target = "");

/// What a function would cost on a device.
struct DeviceEstimate {
  double seconds = 0;
  double joules = 0;        // idle power in that time included
  uint64_t dramBytes = 0;   // read and written
  uint64_t weightBytes = 0; // in device precision
  uint64_t onChipBytes = 0; // in use at most, of all memories together
};

} // namespace garam

#include "garam/Target/DeviceTarget.h.inc"

#endif // GARAM_TARGET_DEVICETARGET_H
