//===- RawElements.h - Elements of constants where they are -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_RAWELEMENTS_H
#define GARAM_SUPPORT_RAWELEMENTS_H

#include "mlir/IR/BuiltinAttributes.h"

#include <optional>

namespace garam {

/// The elements of a constant as bytes, little endian and in row-major order,
/// without a copy. They live as long as the attribute's context.
struct RawElements {
  llvm::ArrayRef<char> bytes;
  /// There is one element, which stands for all.
  bool isSplat = false;
};

/// Nothing when the elements are a resource that is not loaded, or are fewer
/// than the type says. Booleans of a dense attribute are packed into bits.
std::optional<RawElements> getRawElements(mlir::ElementsAttr value);

/// The same elements under another type of as many bytes (other sizes, or
/// another sign); the blob of a resource is shared. Null for other attributes.
mlir::ElementsAttr retypeElements(mlir::ElementsAttr elements,
                                  mlir::ShapedType type);

/// Writes elements of `width` bytes of a tensor of `shape` with its dimensions
/// in another order: dimension i of what is written is dimension
/// `permutation`[i].
void writePermuted(RawElements elements, unsigned width,
                   llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<int64_t> permutation,
                   llvm::MutableArrayRef<uint8_t> to);

} // namespace garam

#endif // GARAM_SUPPORT_RAWELEMENTS_H
