//===- Loops.h - Steps that need the result of another ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H

#include "StructuredBuilders.h"

namespace garam::onnx {

/// Makes the states after a step from the number of the step, an index, and the
/// states before it. A state must be written where the one before lies: with
/// makeStored, or by insertions.
using LoopBody = llvm::function_ref<mlir::SmallVector<mlir::Value>(
    mlir::ImplicitLocOpBuilder &, mlir::Value, mlir::ValueRange)>;

/// An scf.for of `count` steps.
mlir::SmallVector<mlir::Value> makeLoop(mlir::ImplicitLocOpBuilder &b,
                                        int64_t count, mlir::ValueRange initial,
                                        LoopBody body);
/// An scf.for of as many steps as `count`, an index, says.
mlir::SmallVector<mlir::Value> makeLoop(mlir::ImplicitLocOpBuilder &b,
                                        mlir::Value count,
                                        mlir::ValueRange initial,
                                        LoopBody body);

/// Makes the state at a position, a number of a step for each dimension.
using NestBody = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                                mlir::ValueRange, mlir::Value)>;

/// Loops over all positions of a shape, in the order of memory.
mlir::Value makeLoopNest(mlir::ImplicitLocOpBuilder &b,
                         mlir::ArrayRef<mlir::OpFoldResult> sizes,
                         mlir::Value initial, NestBody body);
mlir::Value makeLoopNest(mlir::ImplicitLocOpBuilder &b,
                         mlir::ArrayRef<int64_t> shape, mlir::Value initial,
                         NestBody body);

/// `value` in the memory of `state`, which is of no use from here on.
mlir::Value makeStored(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                       mlir::Value state);

/// Element `position`, an index, of `tensor` along `axis`, which the result
/// keeps with size 1.
mlir::Value makeElement(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor,
                        int64_t axis, mlir::Value position);

/// `tensor` with `element`, of size 1 along `axis`, at `position`.
mlir::Value makeInserted(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor,
                         int64_t axis, mlir::Value position,
                         mlir::Value element);

/// `step`, or the one that is as far from the end of `count` steps.
mlir::Value makeStep(mlir::ImplicitLocOpBuilder &b, mlir::Value step,
                     mlir::OpFoldResult count, bool isReversed);
mlir::Value makeStep(mlir::ImplicitLocOpBuilder &b, mlir::Value step,
                     int64_t count, bool isReversed);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H
