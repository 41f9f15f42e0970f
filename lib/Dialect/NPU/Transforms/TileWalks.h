//===- TileWalks.h - Loop nests of a tile's commands ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How a tile becomes commands of its engine. The lowering and the cost model
// share it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEWALKS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEWALKS_H

#include "CommandWalk.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Groups of loops in the walk of a tensor command and of a vector command.
enum ContractGroup : unsigned { rowGroup, reductionGroup, columnGroup };
enum VectorGroup : unsigned { parallelGroup, reducedGroup };

/// All loops of a stage in the order in which its commands walk them.
llvm::SmallVector<unsigned> orderLoops(const Stage &stage);

/// The walk over a constant that is packed for `loops` in the order in which
/// they are walked, from byte `offset` of its buffer.
WalkOperand makePackedWalk(const StageOperand &operand, const Box &loops,
                           llvm::ArrayRef<unsigned> order, int64_t offset);

/// The walk of a tile whose loops stand in the order of orderLoops, in as few
/// loops as possible. For a tensor engine whose units are a grid, loops have
/// places: rows count from the innermost, one alone in the middle (batch,
/// height and width of an image; the rows of a matrix are a height); of the
/// reductions, the one that the arrays step through is apart from those that
/// walk a window.
Walk makeTileWalk(const Stage &stage, const Box &tile,
                  llvm::ArrayRef<unsigned> order,
                  std::vector<WalkOperand> operands,
                  const MachineDescription &machine);

/// Calls `visit` for each command of a tile of npu.contract, with whether it is
/// the first and the last of its sums, until that fails. `first` and `last` say
/// it of the tile. A walk with places has all row and reduction dimensions of a
/// command then.
mlir::LogicalResult forEachContractCommand(
    const Walk &walk, bool first, bool last,
    llvm::function_ref<mlir::LogicalResult(const Walk &, bool, bool)> visit);

/// A tensor command of the sizes of `walk` on inputs of `type`, by one unit.
TensorCommand makeSizedCommand(const Walk &walk, ElementType type);
/// The same, shared by the units so that the arrays compute for the shortest
/// time.
TensorCommand makeSharedCommand(const Walk &walk, ElementType type,
                                const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TILEWALKS_H
