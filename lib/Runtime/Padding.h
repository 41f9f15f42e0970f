//===- Padding.h - Tensors as the corners of larger ones --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_PADDING_H
#define GARAM_LIB_RUNTIME_PADDING_H

#include "garam/Support/Tensor.h"

namespace garam {

/// Writes a dense tensor of `shape` where it lies in `padded`, one of the shape
/// `largest`, none of whose sizes is less: at the first indices of each
/// dimension. Elements have as many bytes as there are in `padded` for each.
void pad(llvm::ArrayRef<uint8_t> dense, llvm::ArrayRef<int64_t> shape,
         llvm::ArrayRef<int64_t> largest,
         llvm::MutableArrayRef<uint8_t> padded);

/// The other way: keeps the first elements of each dimension of `tensor`.
void crop(Tensor &tensor, llvm::ArrayRef<int64_t> shape);

} // namespace garam

#endif // GARAM_LIB_RUNTIME_PADDING_H
