//===- Support.h - What an NPU can carry out --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTONPU_SUPPORT_H
#define GARAM_CONVERSION_LINALGTONPU_SUPPORT_H

#include "garam/Target/DeviceTarget.h"

namespace garam::npu {

/// All obstacles in a function of structured operations that are known before
/// its conversion: dimensions that are not fixed. Changes nothing.
llvm::SmallVector<Refusal> checkSupported(mlir::func::FuncOp func);

} // namespace garam::npu

#endif // GARAM_CONVERSION_LINALGTONPU_SUPPORT_H
