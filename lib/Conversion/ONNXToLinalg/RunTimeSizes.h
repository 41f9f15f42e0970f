//===- RunTimeSizes.h - Integers that follow from sizes ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_RUNTIMESIZES_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_RUNTIMESIZES_H

#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::onnx {

/// The integers of `sizes`, constants as numbers, others as indices that are
/// computed from the sizes of the function's arguments; `values` maps these to
/// lowered ones.
mlir::SmallVector<mlir::OpFoldResult> makeSizes(mlir::ImplicitLocOpBuilder &b,
                                                SizesOp sizes,
                                                mlir::IRMapping &values);

/// The tensor that `sizes` is.
mlir::Value lowerSizes(mlir::ImplicitLocOpBuilder &b, SizesOp sizes,
                       mlir::IRMapping &values);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_RUNTIMESIZES_H
