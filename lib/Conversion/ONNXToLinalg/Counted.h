//===- Counted.h - Results whose size shows at run time ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_COUNTED_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_COUNTED_H

#include "Loops.h"

namespace garam::onnx {

/// The type of numbers that loops carry: an i64 tensor of rank 0.
mlir::Value makeCounter(mlir::ImplicitLocOpBuilder &b, int64_t value);
/// What a counter holds, as an index.
mlir::Value readCounter(mlir::ImplicitLocOpBuilder &b, mlir::Value counter);
/// `counter` with `value`, an index, in its place.
mlir::Value writeCounter(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                         mlir::Value counter);

/// How many elements of a result a buffer needs: what the model declares for
/// dimension `dim` of output `index`, else `most`.
mlir::OpFoldResult getRoom(NodeAccessor &node, unsigned index, int64_t dim,
                           mlir::OpFoldResult most);

/// Sets output `index` to the first `counter` elements of `value` along `dim`,
/// or, where the model declares how many these are, to as many.
mlir::LogicalResult setCountedOutput(NodeAccessor &node, unsigned index,
                                     mlir::Value value, int64_t dim,
                                     mlir::Value counter);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_COUNTED_H
