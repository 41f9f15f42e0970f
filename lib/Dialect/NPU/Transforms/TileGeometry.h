//===- TileGeometry.h - What tiles there are, what they read ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Rules that the lowering to commands and the cost model share.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEGEOMETRY_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEGEOMETRY_H

#include "CommandWalk.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Size of the largest part of loop `dim`.
int64_t getLargestPart(const Stage &stage, const StageSchedule &schedule,
                       unsigned dim);
/// The same along every loop.
llvm::SmallVector<int64_t> getLargestPart(const Stage &stage,
                                          const StageSchedule &schedule);

/// The loops of the first, largest tile.
Box getTile(const Stage &stage, const StageSchedule &schedule);

/// Bytes of a stage's inputs, constants among them, that one tile reads, but
/// for those that are held.
int64_t getStagedBytes(const Stage &stage, const StageSchedule &schedule);

/// Bytes of what is held that one tile reads and writes.
int64_t getHeldBytes(const Stage &stage, const StageSchedule &schedule);

/// How many tiles there are in a part of these sizes; saturates.
uint64_t countTiles(llvm::ArrayRef<int64_t> partSizes,
                    llvm::ArrayRef<int64_t> tileSizes);

/// Loops from the slowest to the fastest in the order of tiles: a column tile's
/// weights stay while the rows pass, or a row tile's inputs, if they fill much
/// of the memory, while the columns pass; a sum is finished before the next
/// begins.
llvm::SmallVector<unsigned> getTileOrder(const Stage &stage,
                                         llvm::ArrayRef<int64_t> tileSizes,
                                         const MachineDescription &machine);

/// Whether the tile needs an input: what only the end of a sum needs, scales
/// and biases, is not for parts of one.
bool needsInput(const Stage &stage, const StageOperand &operand,
                const Box &tile);

/// Tile `number` of those into which `part`, the loops of one core, is cut, in
/// the order in which they are computed; `order` is getTileOrder.
Box getTileAt(llvm::ArrayRef<unsigned> order, const Box &part,
              llvm::ArrayRef<int64_t> tileSizes, uint64_t number);

/// Whether a tile begins and ends the sums that it takes part in.
std::pair<bool, bool> getSumEnds(const Stage &stage, const Box &tile);

/// All tiles of `part` in that order.
llvm::SmallVector<Box> enumerateTiles(const Stage &stage, const Box &part,
                                      llvm::ArrayRef<int64_t> tileSizes,
                                      const MachineDescription &machine);

/// Constants are packed in the order in which the command reads them, except
/// where coordinates overlap (one coordinate moved by two loops), which would
/// repeat elements.
bool isPackable(const StageOperand &operand);

/// What is brought of an input at once: what the core's part of the stage
/// reads, or only what the tile reads when that is too much.
Box getBroughtRegion(const StageOperand &operand, const Box &part,
                     const Box &tile, const MachineDescription &machine);

/// What a core's buffer for its part `box` of a tensor has room for, when the
/// stages that read the tensor need `consumed` there.
Box getRoom(const Box &box, const Box &consumed);

/// Dimensions of a view from the slowest to the fastest in memory.
llvm::SmallVector<int64_t> getLayoutOf(const BufferView &view);

/// The loops of a copy of `box` from one view to another.
Walk makeCopyWalk(const BufferView &source, const BufferView &destination,
                  const Box &box);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEGEOMETRY_H
