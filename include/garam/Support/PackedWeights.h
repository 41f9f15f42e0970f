//===- PackedWeights.h - Weights of less than a byte ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Weights of type i4, i2 or f4E2M1FN stay as ONNX packs them: an arith.constant
// of a resource, several elements a byte, the first in the low bits. An
// arith.extsi, arith.extui or arith.extf gives them the type that they have in
// memory. Both together are one weight for a device, which unpacks it when its
// section is written, or when it runs.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_PACKEDWEIGHTS_H
#define GARAM_SUPPORT_PACKEDWEIGHTS_H

#include "mlir/IR/BuiltinAttributes.h"

#include <array>
#include <optional>

namespace garam {

/// The elements of a resource of a type of less than a byte.
class PackedElements {
public:
  /// Nothing for other attributes, and when the bytes are not loaded or are
  /// fewer than the type needs. A type without sign is signed.
  static std::optional<PackedElements> get(mlir::ElementsAttr elements);

  /// An element as the byte that it has in memory (see getStoredType).
  uint8_t operator[](int64_t index) const {
    uint64_t bit = static_cast<uint64_t>(index) * bits;
    return table[(bytes[bit / 8] >> (bit % 8)) & mask];
  }

private:
  llvm::ArrayRef<uint8_t> bytes;
  unsigned bits = 0;
  uint8_t mask = 0;
  std::array<uint8_t, 16> table;
};

/// The weight that `op` widens, or null: its elements are packed and have their
/// sign, ui4 below an arith.extui.
mlir::ElementsAttr getPackedWeight(mlir::Operation *op);

/// Whether `op` is a constant that is only there to be widened.
bool isPackedWeight(mlir::Operation *op);

} // namespace garam

#endif // GARAM_SUPPORT_PACKEDWEIGHTS_H
