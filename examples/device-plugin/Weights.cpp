//===- Weights.cpp - From the model's file into the binary ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Export.h"

#include "Program.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace abacus {

/// The bytes of `value` where they are, without a copy; those of one element
/// when all are the same.
static ArrayRef<char> getRawBytes(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  return dense ? dense.getRawData() : ArrayRef<char>();
}

/// Writes the elements of a weight in the order of its permutation.
static void writeWeight(ArrayRef<char> from, ArrayRef<int64_t> shape,
                        ArrayRef<int64_t> permutation,
                        MutableArrayRef<uint8_t> to) {
  SmallVector<int64_t> strides(shape.size(), 1); // of `value`, in elements
  for (int dim = static_cast<int>(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  bool isSplat = from.size() == elementBytes;
  SmallVector<int64_t> index(shape.size(), 0); // of the result
  int64_t element = 0;
  for (size_t i = 0; i < to.size(); i += elementBytes) {
    std::memcpy(&to[i], &from[isSplat ? 0 : element * elementBytes],
                elementBytes);
    for (int dim = static_cast<int>(index.size()) - 1; dim >= 0; --dim) {
      int64_t moved = permutation[dim];
      element += strides[moved];
      if (++index[dim] < shape[moved])
        break;
      element -= strides[moved] * shape[moved];
      index[dim] = 0;
    }
  }
}

FailureOr<garam::DeviceConstant> makeConstant(WeightOp weight,
                                              uint64_t offset) {
  uint64_t size = getBytes(weight.getType());
  ArrayRef<char> bytes = getRawBytes(weight.getValue());
  auto dense = dyn_cast<DenseElementsAttr>(weight.getValue());
  bool isSplat = dense && dense.isSplat() && bytes.size() == elementBytes;
  if (bytes.size() != size && !isSplat)
    return weight.emitOpError("has a value that is not there");
  auto shape = cast<ShapedType>(weight.getValue().getType()).getShape();
  auto write = [bytes, shape, permutation = weight.getPermutation()](
                   llvm::MutableArrayRef<uint8_t> to) {
    writeWeight(bytes, shape, permutation, to);
  };
  return garam::DeviceConstant{offset, size, write};
}

} // namespace abacus
