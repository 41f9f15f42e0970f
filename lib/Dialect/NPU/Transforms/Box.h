//===- Box.h - Rectangular regions of tensors -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_BOX_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_BOX_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdint>

namespace garam::npu {

/// The integer points low[d] <= x[d] < high[d].
struct Box {
  llvm::SmallVector<int64_t, 8> low, high;

  static Box ofShape(llvm::ArrayRef<int64_t> shape) {
    Box box;
    box.low.assign(shape.size(), 0);
    box.high.assign(shape.begin(), shape.end());
    return box;
  }

  unsigned getRank() const { return low.size(); }
  int64_t getSize(unsigned dim) const { return high[dim] - low[dim]; }
  llvm::SmallVector<int64_t> getShape() const {
    llvm::SmallVector<int64_t> shape;
    for (unsigned dim = 0; dim < getRank(); ++dim)
      shape.push_back(getSize(dim));
    return shape;
  }
  bool isEmpty() const {
    for (unsigned dim = 0; dim < getRank(); ++dim)
      if (low[dim] >= high[dim])
        return true;
    return false;
  }
  int64_t getVolume() const {
    if (isEmpty())
      return 0;
    int64_t volume = 1;
    for (unsigned dim = 0; dim < getRank(); ++dim)
      volume *= getSize(dim);
    return volume;
  }
  bool contains(const Box &other) const {
    if (other.isEmpty())
      return true;
    for (unsigned dim = 0; dim < getRank(); ++dim)
      if (other.low[dim] < low[dim] || other.high[dim] > high[dim])
        return false;
    return true;
  }
  /// Whether they have points in common.
  bool overlaps(const Box &other) const {
    for (unsigned dim = 0; dim < getRank(); ++dim)
      if (std::max(low[dim], other.low[dim]) >=
          std::min(high[dim], other.high[dim]))
        return false;
    return true;
  }
  Box intersect(const Box &other) const {
    Box result = *this;
    for (unsigned dim = 0; dim < getRank(); ++dim) {
      result.low[dim] = std::max(low[dim], other.low[dim]);
      result.high[dim] = std::min(high[dim], other.high[dim]);
    }
    return result;
  }
  /// Smallest box that contains both; an empty box adds nothing.
  Box hull(const Box &other) const {
    if (isEmpty())
      return other;
    if (other.isEmpty())
      return *this;
    Box result = *this;
    for (unsigned dim = 0; dim < getRank(); ++dim) {
      result.low[dim] = std::min(low[dim], other.low[dim]);
      result.high[dim] = std::max(high[dim], other.high[dim]);
    }
    return result;
  }
  /// Disjoint boxes that cover this box without `other`.
  llvm::SmallVector<Box, 4> subtract(const Box &other) const {
    Box common = intersect(other);
    if (isEmpty())
      return {};
    if (common.isEmpty())
      return {*this};
    llvm::SmallVector<Box, 4> parts;
    Box rest = *this;
    for (unsigned dim = 0; dim < getRank(); ++dim) {
      if (rest.low[dim] < common.low[dim]) {
        parts.push_back(rest);
        parts.back().high[dim] = common.low[dim];
      }
      if (common.high[dim] < rest.high[dim]) {
        parts.push_back(rest);
        parts.back().low[dim] = common.high[dim];
      }
      rest.low[dim] = common.low[dim];
      rest.high[dim] = common.high[dim];
    }
    return parts;
  }
  bool operator==(const Box &other) const {
    return low == other.low && high == other.high;
  }
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_BOX_H
