//===- ByteRegion.h - Bytes that an operand touches -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The set of bytes of a strided walk in closed form, and exact questions about
// such sets. The static checker proves bounds and orders with it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_BYTEREGION_H
#define GARAM_TARGET_NPU_MACHINE_BYTEREGION_H

#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// The bytes base + sum of stride_d * i_d + t for 0 <= i_d < count_d and
/// 0 <= t < width. Strides are positive and decrease, counts are at least 2,
/// and what lies together is merged, so that equal walks have equal regions.
struct ByteRegion {
  struct Dim {
    int64_t stride;
    int64_t count;
  };

  int64_t base = 0;
  int64_t width = 0; // 0: no bytes
  llvm::SmallVector<Dim, 4> dims;

  bool empty() const { return width == 0; }
  /// First byte and the byte after the last.
  int64_t getBegin() const { return base; }
  int64_t getEnd() const;
  bool contains(int64_t byte) const;
};

/// The region of any strides (also negative or zero) and counts of at least 1.
ByteRegion makeRegion(int64_t base, int64_t width,
                      llvm::ArrayRef<ByteRegion::Dim> dims);

/// Whether some byte is in both. Exact, except that a search of more than a
/// hundred thousand steps, which no two walks of a program's own layouts need,
/// ends with true.
bool overlap(const ByteRegion &a, const ByteRegion &b);

/// Where the loops around a command are.
using LoopIndices = std::array<uint32_t, maxLoopDepth>;

/// The bytes that one execution of a command touches through `descriptor`,
/// which walks dimensions of these sizes in elements of `elementBytes`, with
/// any values of the launch parameters up to their maximum. Elements that a
/// guard excludes are left out. Exact without guards and where each guard's
/// dimensions walk the guarded axis without gaps; with gaps at the rim of a
/// guarded axis the gaps count too. `program` must have been verified.
ByteRegion getRegion(const Program &program, const Descriptor &descriptor,
                     llvm::ArrayRef<uint32_t> sizes, unsigned elementBytes,
                     const LoopIndices &indices);

/// The first resident bytes of `program` that `region` of a memory overlaps;
/// null when there are none. `program` must have been verified.
const ResidentBytes *findResident(const Program &program, MemorySpace space,
                                  uint16_t index, const ByteRegion &region);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_BYTEREGION_H
