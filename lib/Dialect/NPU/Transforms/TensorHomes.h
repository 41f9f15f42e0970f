//===- TensorHomes.h - Where the parts of tensors lie -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H

#include "CommandWalk.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

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

/// `cores` without `core`.
llvm::SmallVector<int64_t, 8> getOthers(llvm::ArrayRef<int64_t> cores,
                                        int64_t core);

/// Disjoint pieces that together hold a tensor.
struct Home {
  std::vector<Piece> pieces;
};

//===----------------------------------------------------------------------===//
// Pieces by rule; they have no buffer yet
//===----------------------------------------------------------------------===//

/// A dense piece for `box` of a tensor in the memories of `cores`.
Piece makeLocalPiece(const Box &box, llvm::ArrayRef<int64_t> layout,
                     int64_t elementBytes, llvm::ArrayRef<int64_t> cores);
/// All of a tensor in DRAM, row-major.
Piece makeDRAMPiece(mlir::RankedTensorType type);
/// All of a stage's result in one piece. `kind` is not Split.
Piece makeWholePiece(mlir::OpResult tensor, HomeKind kind,
                     const MachineDescription &machine);
/// A row-major piece for all of a tensor: in the memories of `localCores` when
/// it is small, else in shared memory or DRAM.
Piece makeRowMajorPiece(mlir::RankedTensorType type,
                        const MachineDescription &machine,
                        llvm::ArrayRef<int64_t> localCores);
/// Cores that get a copy of a tensor that must be row-major in one piece.
llvm::SmallVector<int64_t> getRowMajorCores(const MachineDescription &machine);

/// Whether the tensor lies in one piece with equal strides between all
/// neighbours of the flattened dimensions.
bool isRowMajor(const Home &home, mlir::RankedTensorType type);

/// A part of a piece that the DMA engine of `core` copies.
struct CopyPart {
  unsigned piece;
  Box box;
  int64_t core;
};
/// Which engines copy all of a tensor to one piece in memory `destination`:
/// those of the cores that have it, all of them where nobody does.
llvm::SmallVector<CopyPart> planCopy(const Home &home, SpaceKind destination,
                                     int64_t elementBytes,
                                     const MachineDescription &machine);

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// `home` of a tensor of shape `from`, seen as a tensor of shape `to` with the
/// same elements in row-major order; nothing when a piece is no strided box of
/// the new shape.
std::optional<Home> reshapeHome(const Home &home, llvm::ArrayRef<int64_t> from,
                                llvm::ArrayRef<int64_t> to);

/// `home` of a tensor in one piece, seen as one of shape `shape` whose elements
/// lie at the coordinates, linear ones, that `map` gives.
Home viewHome(const Home &home, mlir::AffineMap map,
              llvm::ArrayRef<int64_t> shape);

/// Homes of `inputs` side by side along `axis`; extents[i] is input i's size.
/// Pieces that lie in one buffer as in one tensor become one.
Home concatHomes(llvm::ArrayRef<const Home *> inputs,
                 llvm::ArrayRef<int64_t> extents, unsigned axis);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TENSORHOMES_H
