//===- MatMul.h - Products of matrices of any ranks -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_MATMUL_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_MATMUL_H

#include "Contraction.h"

namespace garam::onnx {

/// Reports a MatMul whose inputs 0 and 1 are scalars or have different sizes
/// where they are summed over.
mlir::LogicalResult checkMatMul(NodeAccessor &node);

/// The product of inputs 0 and 1, of one dimension or more each, in `sumType`.
/// Reports batches that do not broadcast.
mlir::FailureOr<mlir::Value> makeGenericMatMul(NodeAccessor &node,
                                               mlir::Type sumType,
                                               UnsignedOperands isUnsigned);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_MATMUL_H
