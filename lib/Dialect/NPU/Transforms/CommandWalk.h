//===- CommandWalk.h - Loop nests of commands -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The dimensions that a command's descriptors walk. Several descriptors share
// one nest; it is compacted before it is written, since a descriptor holds only
// few dimensions.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDWALK_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDWALK_H

#include "Stage.h"

namespace garam::npu {

/// A tensor, or a part of one, in a buffer: the element at coordinates x lies
/// at byte base + sum x[d] * strides[d]. `base` may be negative when the buffer
/// does not begin at the tensor's origin.
struct BufferView {
  mlir::Value buffer;
  int64_t base = 0;
  llvm::SmallVector<int64_t, 4> strides;

  /// Byte of the element at `point`.
  int64_t getOffset(llvm::ArrayRef<int64_t> point) const {
    int64_t offset = base;
    for (auto [coordinate, stride] : llvm::zip(point, strides))
      offset += coordinate * stride;
    return offset;
  }
};

/// Bytes between neighbours along each dimension of a dense array of `shape`
/// whose dimensions lie in memory in the order `layout` (slowest first).
llvm::SmallVector<int64_t, 4> getDenseStrides(llvm::ArrayRef<int64_t> shape,
                                              llvm::ArrayRef<int64_t> layout,
                                              int64_t elementBytes);

/// One operand's share of a loop nest: what it moves by along each loop.
struct WalkOperand {
  int64_t offset = 0; // byte where the walk begins in the buffer
  llvm::SmallVector<int64_t, 7> strides;
  struct AxisGuard {
    int64_t start, extent;
    llvm::SmallVector<int64_t, 7> coefficients;
  };
  llvm::SmallVector<AxisGuard, 2> guards;
  ElementKind type = ElementKind::i8;
  double fill = 0.0;

  DescriptorAttr getAttr(mlir::MLIRContext *context) const;
  /// Walks the upper halves of the 64-bit integers that it walked: they lie
  /// behind the lower ones.
  void moveToUpperHalves();
};

/// The walk of `operand` over `loops`, whose tensor lies in `view`. Loops stand
/// in the order `order`.
WalkOperand makeWalk(const StageOperand &operand, const BufferView &view,
                     const Box &loops, llvm::ArrayRef<unsigned> order);

/// A loop nest with the operands that it drives.
struct Walk {
  llvm::SmallVector<int64_t, 7> sizes;
  /// What each loop is to the command (a row, a reduction, ...): loops of
  /// different groups are never joined.
  llvm::SmallVector<unsigned, 7> groups;
  /// Which dimension of its group each loop belongs to, where `isPlaced`: on
  /// machines that take each by itself, loops of different ones are never
  /// joined either.
  llvm::SmallVector<unsigned, 7> places;
  bool isPlaced = false;
  std::vector<WalkOperand> operands;

  /// Drops loops of size 1 and joins neighbours of a group that every operand
  /// walks as one.
  void compact();
  unsigned getNumLoops(unsigned group) const {
    return llvm::count(groups, group);
  }
  /// Sizes of the loops of `group`.
  llvm::SmallVector<int64_t> getSizes(unsigned group) const;
  /// The outermost loop of `group`.
  unsigned getOuterLoop(unsigned group) const {
    return llvm::find(groups, group) - groups.begin();
  }
  /// The walk at iteration `index` of `loop`, without that loop.
  Walk peel(unsigned loop, int64_t index) const;
  /// The walk over the `size` iterations of `loop` from `begin` on.
  Walk slice(unsigned loop, int64_t begin, int64_t size) const;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDWALK_H
