//===- DeviceTargetModel.h - What #host.target implements -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H
#define GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H

#include "llvm/ADT/StringRef.h"

namespace mlir {
class DialectRegistry;
}

namespace garam::host {

/// The processor that code is for unless another is asked for: every x86-64
/// server since 2015 has it, and the bytes depend on no machine.
constexpr llvm::StringLiteral defaultProcessor = "x86-64-v3";

/// Makes #host.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_DEVICETARGETMODEL_H
