//===- Indexing.h - Indices that are computed -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_INDEXING_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_INDEXING_H

#include "NodeAccessor.h"

namespace garam::onnx {

/// An integer or index as an index into a dimension of `size` elements: a
/// negative one counts from the end; one beyond either end, which ONNX forbids,
/// becomes that end.
mlir::Value makeBoundedIndex(mlir::ImplicitLocOpBuilder &b, mlir::Value index,
                             int64_t size);

/// Reports an input of indices that are no integers.
mlir::LogicalResult checkIndices(NodeAccessor &node, unsigned index);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_INDEXING_H
