//===- Streams.cpp - How loops read tensors -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace abacus {

std::optional<Stream> getStream(AffineMap map, ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> loops) {
  // By how many elements each loop moves; a dimension of size 1 does not move.
  SmallVector<int64_t> strides(loops.size(), 0);
  int64_t stride = 1;
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim) {
    if (shape[dim] == 1)
      continue;
    auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
    if (!loop || shape[dim] != loops[loop.getPosition()])
      return std::nullopt;
    strides[loop.getPosition()] += stride;
    stride *= shape[dim];
  }
  // From the innermost loop: first some that repeat each element, then those
  // over the elements, then some that do all of it again.
  Stream stream;
  bool isAgain = false;
  for (int loop = static_cast<int>(loops.size()) - 1; loop >= 0; --loop) {
    if (loops[loop] == 1)
      continue;
    if (strides[loop] == 0 && stream.period == 1 && !isAgain)
      stream.repeat *= loops[loop];
    else if (strides[loop] == 0)
      isAgain = true;
    else if (strides[loop] == stream.period && !isAgain)
      stream.period *= loops[loop];
    else
      return std::nullopt;
  }
  return stream;
}

std::optional<Stream> getConstantStream(AffineMap map, ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> loops) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  llvm::sort(permutation, [&](int64_t left, int64_t right) {
    auto getKey = [&](int64_t dim) {
      auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
      return std::make_pair(loop ? int64_t(loop.getPosition()) : -1, dim);
    };
    return getKey(left) < getKey(right);
  });
  SmallVector<AffineExpr> results;
  SmallVector<int64_t> permuted;
  for (int64_t dim : permutation) {
    results.push_back(map.getResult(dim));
    permuted.push_back(shape[dim]);
  }
  std::optional<Stream> stream =
      getStream(AffineMap::get(map.getNumDims(), 0, results, map.getContext()),
                permuted, loops);
  if (stream)
    stream->permutation = permutation;
  return stream;
}

} // namespace abacus
