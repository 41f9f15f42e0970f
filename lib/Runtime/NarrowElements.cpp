//===- NarrowElements.cpp - Elements of less than a byte ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NarrowElements.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

#include <array>
#include <limits>

using namespace llvm;

namespace garam {

/// The byte that a device has for an element of these bits.
static uint8_t widen(uint8_t bits, DataType type) {
  switch (type) {
  case DataType::Int4:
    return SignExtend32<4>(bits);
  case DataType::Int2:
    return SignExtend32<2>(bits);
  case DataType::Float4E2M1FN: {
    APFloat value(APFloat::Float4E2M1FN(), APInt(4, bits));
    bool losesInfo;
    value.convert(APFloat::Float8E4M3FN(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    return value.bitcastToAPInt().getZExtValue();
  }
  default:
    return bits;
  }
}

void widenElements(ArrayRef<uint8_t> elements, DataType type,
                   MutableArrayRef<uint8_t> result) {
  uint8_t mask = maskTrailingOnes<uint8_t>(getBitWidth(type));
  std::array<uint8_t, 16> table;
  for (unsigned bits = 0; bits < table.size(); ++bits)
    table[bits] = widen(bits & mask, type);
  for (size_t i = 0; i < elements.size(); ++i)
    result[i] = table[elements[i] & mask];
}

void narrowElements(ArrayRef<uint8_t> bytes, DataType type,
                    MutableArrayRef<uint8_t> result) {
  uint8_t mask = maskTrailingOnes<uint8_t>(getBitWidth(type));
  std::array<uint8_t, std::numeric_limits<uint8_t>::max() + 1> table;
  for (unsigned byte = 0; byte < table.size(); ++byte)
    table[byte] = byte & mask;
  if (type == DataType::Float4E2M1FN)
    for (uint8_t bits = 0; bits <= mask; ++bits)
      table[widen(bits, type)] = bits;
  for (size_t i = 0; i < bytes.size(); ++i)
    result[i] = table[bytes[i]];
}

} // namespace garam
