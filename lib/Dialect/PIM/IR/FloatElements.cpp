//===- FloatElements.cpp - Elements of constants --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/IR/FloatElements.h"

#include "garam/Support/RawElements.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

using namespace mlir;

namespace garam::pim {

std::optional<FloatElements> FloatElements::get(ElementsAttr value) {
  FloatElements elements;
  Type type = value.getElementType();
  if (!type.isF16() && !type.isF32())
    return std::nullopt;
  elements.isHalf = type.isF16();
  elements.count = value.getNumElements();
  std::optional<RawElements> raw = getRawElements(value);
  if (!raw || raw->bytes.empty())
    return std::nullopt;
  elements.isSplat = raw->isSplat;
  elements.bytes = reinterpret_cast<const uint8_t *>(raw->bytes.data());
  return elements;
}

float FloatElements::getFloat(int64_t element) const {
  if (isSplat)
    element = 0;
  if (isHalf)
    return toFloat(
        llvm::support::endian::read16le(bytes + element * sizeof(Half)));
  return llvm::bit_cast<float>(
      llvm::support::endian::read32le(bytes + element * sizeof(float)));
}

Half FloatElements::getHalf(int64_t element) const {
  if (isHalf)
    return llvm::support::endian::read16le(bytes + (isSplat ? 0 : element) *
                                                       sizeof(Half));
  return fromFloat(getFloat(element));
}

} // namespace garam::pim
