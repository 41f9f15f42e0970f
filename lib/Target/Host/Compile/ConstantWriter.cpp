//===- ConstantWriter.cpp - Weights of a host program ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace garam::host {

uint64_t getByteSize(RankedTensorType type) {
  constexpr unsigned bitsPerByte = 8;
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), bitsPerByte);
}

static std::optional<ArrayRef<char>> getBlob(ElementsAttr value) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  if (!resource || !resource.getRawHandle().getBlob())
    return std::nullopt;
  return resource.getRawHandle().getBlob()->getData();
}

bool isLoaded(ElementsAttr value) {
  if (isa<DenseElementsAttr>(value))
    return true;
  std::optional<ArrayRef<char>> blob = getBlob(value);
  return blob && blob->size() ==
                     getByteSize(cast<RankedTensorType>(value.getShapedType()));
}

void writeElements(ElementsAttr value, MutableArrayRef<uint8_t> bytes) {
  if (std::optional<ArrayRef<char>> blob = getBlob(value)) {
    std::memcpy(bytes.data(), blob->data(), bytes.size());
    return;
  }
  auto dense = cast<DenseElementsAttr>(value);
  if (dense.getElementType().isInteger(1)) {
    llvm::copy(dense.getValues<bool>(), bytes.begin());
    return;
  }
  ArrayRef<char> raw = dense.getRawData();
  size_t step = dense.isSplat() ? raw.size() : bytes.size();
  for (size_t offset = 0; step != 0 && offset < bytes.size(); offset += step)
    std::memcpy(bytes.data() + offset, raw.data(), step);
}

} // namespace garam::host
