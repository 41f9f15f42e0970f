//===- PassOptions.h - Checks of the options of passes ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_PASSOPTIONS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_PASSOPTIONS_H

#include "garam/Target/Device.h"
#include "mlir/IR/Operation.h"

namespace garam::npu {

/// Fails, with an error at `op`, when the value of the option `name` of a pass
/// is not from `least` to `most`, as no NaN is.
template <typename Number>
mlir::LogicalResult checkOption(mlir::Operation *op, llvm::StringRef name,
                                Number value, Number least, Number most) {
  if (value >= least && value <= most)
    return mlir::success();
  return op->emitError("the option '")
         << name << "' is " << value << ", needed a number from " << least
         << " to " << most;
}

/// Of the option `level` of passes that search, as -O of `garam compile`.
inline mlir::LogicalResult checkLevel(mlir::Operation *op, unsigned level) {
  return checkOption(op, "level", level, 0u, maxOptimizationLevel);
}

/// Of the option `fill` of passes that plan for a fraction of a memory.
inline mlir::LogicalResult checkFill(mlir::Operation *op, double fill) {
  return checkOption(op, "fill", fill, 0.0, 1.0);
}

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_PASSOPTIONS_H
