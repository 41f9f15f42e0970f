//===- ConstantWriter.cpp - Weights of a host program ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConstantWriter.h"

#include "garam/Support/RawElements.h"

#include <cstring>

using namespace mlir;

namespace garam::host {

uint64_t getByteSize(RankedTensorType type) {
  constexpr unsigned bitsPerByte = 8;
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), bitsPerByte);
}

void writeElements(ElementsAttr value, MutableArrayRef<uint8_t> bytes) {
  if (auto dense = dyn_cast<DenseElementsAttr>(value);
      dense && dense.getElementType().isInteger(1)) {
    llvm::copy(dense.getValues<bool>(), bytes.begin());
    return;
  }
  RawElements raw = *getRawElements(value);
  size_t step = raw.isSplat ? raw.bytes.size() : bytes.size();
  for (size_t offset = 0; step != 0 && offset < bytes.size(); offset += step)
    std::memcpy(bytes.data() + offset, raw.bytes.data(), step);
}

} // namespace garam::host
