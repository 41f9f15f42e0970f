//===- TensorHomes.h - Where the parts of tensors lie -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H

#include "CommandWalk.h"

#include <optional>

namespace garam::npu {

/// A part of a tensor in one memory.
struct Piece {
  BufferView view;
  SpaceKind space = SpaceKind::local;
  llvm::SmallVector<int64_t, 8> cores; // local: those that hold it
  Box box;                             // what it holds of the tensor
  /// Local: what the buffer has room for; the halo around `box` is filled on
  /// demand.
  Box room;
  /// Parts of `room` that were filled, beyond `box`.
  llvm::SmallVector<Box, 2> filled;

  bool isLocalTo(int64_t core) const {
    return space == SpaceKind::local && llvm::is_contained(cores, core);
  }
  /// The parts of `region` that are not there yet.
  llvm::SmallVector<Box> getMissing(const Box &region) const;
};

/// Disjoint pieces that together hold a tensor.
struct Home {
  std::vector<Piece> pieces;
};

/// `home` of a tensor of shape `from`, seen as a tensor of shape `to` with the
/// same elements in row-major order; nothing when a piece is no strided box of
/// the new shape.
std::optional<Home> reshapeHome(const Home &home, llvm::ArrayRef<int64_t> from,
                                llvm::ArrayRef<int64_t> to);

/// Homes of `inputs` side by side along `axis`; extents[i] is input i's size.
Home concatHomes(llvm::ArrayRef<const Home *> inputs,
                 llvm::ArrayRef<int64_t> extents, unsigned axis);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H
