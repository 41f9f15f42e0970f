//===- TensorWalk.h - Elements of a tensor that a vector needs --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_SIMULATOR_TENSORWALK_H
#define GARAM_LIB_TARGET_ANALOG_SIMULATOR_TENSORWALK_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "llvm/ADT/STLExtras.h"

namespace garam::analog {

/// Walks along the rows (or columns) of one vector after the other.
class TensorWalk {
public:
  TensorWalk(const TensorAccess &access, llvm::ArrayRef<uint32_t> vectorSizes,
             llvm::ArrayRef<uint32_t> itemSizes);

  /// Calls `visit(item, element)` for all items of a vector in order, with the
  /// number of the element in the tensor, -1 where it is outside.
  template <typename Visit>
  void visit(uint64_t vector, Visit visit) const {
    llvm::SmallVector<int64_t, 4> base = getBase(vector);
    size_t rank = shape.size();
    const int64_t *offset = itemCoordinates.data();
    for (uint64_t item = 0; item < numItems; ++item, offset += rank) {
      int64_t element = 0;
      for (size_t dim = 0; dim < rank; ++dim) {
        int64_t coordinate = base[dim] + offset[dim];
        if (coordinate < 0 || coordinate >= shape[dim]) {
          element = -1;
          break;
        }
        element = element * shape[dim] + coordinate;
      }
      visit(item, element);
    }
  }

private:
  /// Coordinates of item 0 of a vector.
  llvm::SmallVector<int64_t, 4> getBase(uint64_t vector) const;

  const TensorAccess &access;
  llvm::ArrayRef<uint32_t> vectorSizes;
  llvm::SmallVector<int64_t, 4> shape;
  uint64_t numItems = 1;
  std::vector<int64_t> itemCoordinates; // relative to item 0, item by item
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_SIMULATOR_TENSORWALK_H
