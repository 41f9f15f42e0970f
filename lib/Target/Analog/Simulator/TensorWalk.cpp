//===- TensorWalk.cpp - Elements of a tensor that a vector needs ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TensorWalk.h"

namespace garam::analog {

/// The index with number `number` in row-major order.
static llvm::SmallVector<int64_t, 8> getIndex(uint64_t number,
                                              llvm::ArrayRef<uint32_t> sizes) {
  llvm::SmallVector<int64_t, 8> index(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    index[i] = number % sizes[i];
    number /= sizes[i];
  }
  return index;
}

TensorWalk::TensorWalk(const TensorAccess &access,
                       llvm::ArrayRef<uint32_t> vectorSizes,
                       llvm::ArrayRef<uint32_t> itemSizes)
    : access(access), vectorSizes(vectorSizes),
      shape(access.shape.begin(), access.shape.end()) {
  for (uint32_t size : itemSizes)
    numItems *= size;
  itemCoordinates.reserve(numItems * shape.size());
  for (uint64_t item = 0; item < numItems; ++item) {
    llvm::SmallVector<int64_t, 8> index = getIndex(item, itemSizes);
    for (const auto &coefficients : access.coefficients) {
      int64_t coordinate = 0;
      for (auto [i, value] : llvm::enumerate(index))
        coordinate += coefficients[vectorSizes.size() + i] * value;
      itemCoordinates.push_back(coordinate);
    }
  }
}

llvm::SmallVector<int64_t, 4> TensorWalk::getBase(uint64_t vector) const {
  llvm::SmallVector<int64_t, 8> index = getIndex(vector, vectorSizes);
  llvm::SmallVector<int64_t, 4> base;
  for (const auto &[start, coefficients] :
       llvm::zip_equal(access.start, access.coefficients)) {
    base.push_back(start);
    for (auto [i, value] : llvm::enumerate(index))
      base.back() += coefficients[i] * value;
  }
  return base;
}

} // namespace garam::analog
