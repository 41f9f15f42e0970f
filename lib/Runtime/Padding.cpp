//===- Padding.cpp - Tensors as the corners of larger ones ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Padding.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

using namespace llvm;

namespace garam {

/// Calls `visit` for each row of a block that is the corner of a larger tensor:
/// with where it begins in the block and in the tensor, and its size, in bytes.
static void walkRows(ArrayRef<int64_t> block, ArrayRef<int64_t> whole,
                     uint64_t elementBytes,
                     function_ref<void(uint64_t, uint64_t, uint64_t)> visit) {
  if (is_contained(block, 0))
    return;
  uint64_t row = elementBytes, pitch = elementBytes;
  while (!block.empty() && row == pitch) { // what lies in one piece
    row *= block.back();
    pitch *= whole.back();
    block = block.drop_back();
    whole = whole.drop_back();
  }
  SmallVector<int64_t> index(block.size(), 0);
  for (uint64_t from = 0, to = 0;; from += row) {
    visit(from, to, row);
    size_t dim = block.size();
    uint64_t stride = pitch;
    for (; dim > 0; --dim) {
      to += stride;
      if (++index[dim - 1] < block[dim - 1])
        break;
      to -= stride * block[dim - 1];
      index[dim - 1] = 0;
      stride *= whole[dim - 1];
    }
    if (dim == 0)
      return;
  }
}

static uint64_t getElementBytes(ArrayRef<uint8_t> bytes,
                                ArrayRef<int64_t> shape) {
  uint64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  return elements == 0 ? 0 : bytes.size() / elements;
}

void pad(ArrayRef<uint8_t> dense, ArrayRef<int64_t> shape,
         ArrayRef<int64_t> largest, MutableArrayRef<uint8_t> padded) {
  walkRows(shape, largest, getElementBytes(padded, largest),
           [&](uint64_t from, uint64_t to, uint64_t size) {
             copy(dense.slice(from, size), padded.slice(to, size).begin());
           });
}

void crop(Tensor &tensor, ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> largest = tensor.type.shape;
  walkRows(shape, largest, getElementBytes(tensor.data, largest),
           [&](uint64_t to, uint64_t from, uint64_t size) {
             std::memmove(tensor.data.data() + to, tensor.data.data() + from,
                          size);
           });
  tensor.type.shape.assign(shape.begin(), shape.end());
  tensor.data.resize(*getByteSize(tensor.type));
}

} // namespace garam
