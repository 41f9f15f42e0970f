//===- ComputedOperands.h - Shape operands of run time ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Operands that say where a result is read from (starts, steps, pads) may be
// computed at run time as long as the result's shape is known.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDOPERANDS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDOPERANDS_H

#include "StructuredBuilders.h"

namespace garam::onnx {

/// A constant i64 tensor of rank 0.
mlir::Value makeIndexScalar(mlir::ImplicitLocOpBuilder &b, int64_t value);

/// What `operand`, a vector of integers, says of dimension `dim` of a tensor of
/// rank `rank`: element j belongs to dimension axes[j], or without `axes` to
/// dimension j. An i64 tensor of rank 0, which is `missing` where no element
/// belongs to `dim`.
mlir::Value makeAxisOperand(mlir::ImplicitLocOpBuilder &b, mlir::Value operand,
                            mlir::Value axes, int64_t dim, int64_t rank,
                            int64_t missing);

/// The i64 vector start + i * step of `count` positions in a dimension of
/// `size` elements. A negative start counts from the end; starts beyond an end
/// are that end. `start` and `step` are i64 tensors of rank 0.
mlir::Value makePositions(mlir::ImplicitLocOpBuilder &b, mlir::Value start,
                          mlir::Value step, int64_t size, int64_t count);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDOPERANDS_H
