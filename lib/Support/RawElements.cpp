//===- RawElements.cpp - Elements of constants where they are -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/RawElements.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

#include <climits>
#include <cstring>

using namespace mlir;

namespace garam {

std::optional<RawElements> getRawElements(ElementsAttr value) {
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return RawElements{dense.getRawData(), dense.isSplat()};
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  const AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  uint64_t width = llvm::divideCeil(
      value.getElementType().getIntOrFloatBitWidth(), unsigned(CHAR_BIT));
  if (!blob || blob->getData().size() < value.getNumElements() * width)
    return std::nullopt;
  return RawElements{blob->getData(), /*isSplat=*/false};
}

ElementsAttr retypeElements(ElementsAttr elements, ShapedType type) {
  if (elements.getType() == type)
    return elements;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    if (dense.isSplat() || type.getElementType() == dense.getElementType())
      return dense.bitcast(type.getElementType()).reshape(type);
    return DenseElementsAttr::getFromRawBuffer(type, dense.getRawData());
  }
  return {};
}

void writePermuted(RawElements elements, unsigned width,
                   ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation,
                   MutableArrayRef<uint8_t> to) {
  SmallVector<int64_t> strides(shape.size(), 1); // in elements
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  SmallVector<int64_t> index(shape.size(), 0); // of what is written
  int64_t element = 0;
  for (size_t i = 0; i < to.size(); i += width) {
    std::memcpy(&to[i], &elements.bytes[elements.isSplat ? 0 : element * width],
                width);
    for (size_t dim = index.size(); dim-- > 0;) {
      int64_t moved = permutation[dim];
      element += strides[moved];
      if (++index[dim] < shape[moved])
        break;
      element -= strides[moved] * shape[moved];
      index[dim] = 0;
    }
  }
}

} // namespace garam
