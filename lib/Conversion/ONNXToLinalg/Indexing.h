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
                             mlir::OpFoldResult size);
mlir::Value makeBoundedIndex(mlir::ImplicitLocOpBuilder &b, mlir::Value index,
                             int64_t size);

/// Indices that count: first + sum of position[i] * steps[i].
struct CountedIndices {
  int64_t first;
  mlir::SmallVector<int64_t> steps;
};

/// Constant indices into a dimension of `size` elements at all positions of
/// `shape`, in the order of memory; none when they do not count, or one is
/// outside. Negative ones count from the end.
std::optional<CountedIndices>
matchCounted(mlir::ArrayRef<int64_t> shape, int64_t size,
             llvm::function_ref<int64_t(int64_t)> indexAt);

/// Reports an input of indices that are no integers.
mlir::LogicalResult checkIndices(NodeAccessor &node, unsigned index);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_INDEXING_H
