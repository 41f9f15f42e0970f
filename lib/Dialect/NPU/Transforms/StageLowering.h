//===- StageLowering.h - From a scheduled stage to commands -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGELOWERING_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGELOWERING_H

#include "CommandEmitter.h"
#include "ConcatTrees.h"
#include "garam/Dialect/NPU/Transforms/MicroCode.h"

#include <map>

namespace garam::npu {

/// Lowers stages one after the other. It knows where every tensor lies and
/// brings to a core what a tile needs.
class StageLowering {
public:
  StageLowering(CommandEmitter &emitter, int64_t constantSegment,
                int64_t scratchSegment)
      : emitter(emitter), constantSegment(constantSegment),
        scratchSegment(scratchSegment) {}

  /// Where each tensor that exists so far lies.
  llvm::DenseMap<mlir::Value, Home> homes;
  /// DRAM piece of each returned tensor that is written where it returns
  /// (HomeKind::Output).
  llvm::DenseMap<mlir::Value, Piece> outputs;

  /// Lowers a stage. checkScheduled and checkHomes hold for it and for those
  /// that read its results.
  mlir::LogicalResult lowerStage(mlir::Operation *op);

  /// Home of `value`; a constant gets one in the constant segment when it is
  /// asked for.
  const Home &getHome(mlir::Value value);

  /// Copies `value` into one row-major piece: in all cores when it is small,
  /// in shared memory or DRAM otherwise.
  Home makeRowMajor(mlir::Value value);

  /// Picks the slices of `op` by an indirect transfer on core 0.
  void lowerGather(GatherOp op);

  /// Copies `value` into `destination`, each piece from a core that has it.
  void copyTo(mlir::Value value, const Piece &destination);

private:
  using Key = std::vector<int64_t>;

  /// An operand of a tile: the buffer and the walk over it.
  struct BoundOperand {
    mlir::Value buffer;
    WalkOperand walk;
  };

  /// Fails when a queue would execute more commands than the ISA allows: each
  /// tile has one at least. Says so before they are made.
  mlir::LogicalResult checkLength(const Stage &stage,
                                  const StageSchedule &schedule);

  /// One tile on one core.
  struct Tile {
    const Stage &stage;
    Box loops;                     // of the tile
    Box part;                      // of the core
    llvm::ArrayRef<int64_t> sizes; // of all tiles but those at an edge
    int64_t core;
    Slot &slot;
    /// All loops, in the order in which the command walks them.
    llvm::SmallVector<unsigned> order;
    /// Parts of inputs, by the input's number, that transfers bring for this
    /// tile.
    llvm::SmallVector<std::pair<unsigned, Box>, 2> brought = {};
  };

  //===--- Operands (StageOperands.cpp) ----------------------------------===//

  /// Brings every input of the tile to its core.
  std::vector<BoundOperand> bindInputs(Tile &tile);
  void bindConstants(const Tile &tile, llvm::ArrayRef<unsigned> indices,
                     llvm::MutableArrayRef<BoundOperand> bound);
  mlir::Value getConstantBuffer(const Tile &tile,
                                llvm::ArrayRef<unsigned> indices, Key key,
                                llvm::MutableArrayRef<BoundOperand> bound);
  mlir::Value loadConstants(const Tile &tile, mlir::Value source);
  BufferView bringConstants(const Tile &tile, mlir::Value source);
  BoundOperand bindTensor(Tile &tile, unsigned index);
  /// `region` of `value` in the memory of the tile's core.
  BufferView acquire(Tile &tile, unsigned index, mlir::Value value,
                     const Box &region);
  void fetch(llvm::SmallVectorImpl<mlir::Operation *> &list, const Home &home,
             const Piece &destination, const Box &region, int64_t elementBytes,
             int64_t core);

  //===--- Results (StageResults.cpp) ------------------------------------===//

  void createHomes(const Stage &stage, const StageSchedule &schedule);
  Home createSplitHome(const Stage &stage, const StageSchedule &schedule,
                       const StageOperand &output);
  Home createWholeHome(const StageOperand &output, HomeKind kind);
  /// The part of one buffer for all that npu.concat puts together, where one
  /// core keeps that, `core`; nothing where the result is not such a part.
  std::optional<Piece> createJoinedPiece(const StageOperand &output,
                                         int64_t core);
  static Piece getPartOf(const Piece &whole, const Box &box);
  /// Where a result that is returned, perhaps as a part, is written.
  Piece getReturnedPiece(mlir::Value tensor);
  /// What the stages that read `tensor` need of it on `core`.
  Box getConsumedRegion(mlir::Value tensor, int64_t core);
  /// Where the tile writes output `index`; queues the transfer to its home
  /// behind the computation.
  BoundOperand bindOutput(const Tile &tile, unsigned index);
  /// Where the tile's part of output `index` waits in the core's memory. Queues
  /// the transfer to its home behind the last tile that is stored with it.
  const Piece &gather(const Tile &tile, unsigned index);

  /// A row-major piece for `tensor` in core 0's memory when it is small, else
  /// in shared memory or DRAM.
  Piece createRowMajorPiece(mlir::Value tensor,
                            llvm::ArrayRef<int64_t> localCores);

  //===--- What of a tile can go first (TileParts.cpp) -------------------===//

  /// The walks that compute a tile: one or, where that is faster, several, of
  /// which the first ones read nothing that transfers bring for this tile, and
  /// not all that the other engine makes of an input.
  std::vector<Walk> makeTileWalks(const Tile &tile,
                                  llvm::ArrayRef<WalkOperand> operands);

  //===--- Commands (ContractLowering.cpp, VectorLowering.cpp) -----------===//

  mlir::LogicalResult lowerContractTile(Tile &tile);
  mlir::LogicalResult lowerVectorTile(Tile &tile, mlir::Value program,
                                      const MicroCode &code);
  mlir::Value createMicroProgram(VectorOp op);

  CommandEmitter &emitter;
  int64_t constantSegment, scratchSegment;
  /// Constant buffers by what they hold, with the walks over their parts.
  struct ConstantBuffer {
    mlir::Value buffer;
    std::vector<WalkOperand> walks;
  };
  std::map<Key, ConstantBuffer> constants;
  ConcatTrees concats;
  /// What is concatenated in one buffer, without one where it is not.
  llvm::DenseMap<mlir::Value, Piece> joined;
  /// Constant buffers by their parts.
  llvm::DenseMap<mlir::Attribute, mlir::Value> constantBuffers;
  /// Where the slices so far of a group have left constants, by their buffer
  /// and core.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, BufferView> resident;
  int64_t residentGroup = -1;
  /// What input `first` of the stage last brought to core `second`.
  struct StagedInput {
    Key key;
    BufferView view;
  };
  std::map<std::pair<unsigned, int64_t>, StagedInput> staged;
  /// What output `first` of the stage last gathered in core `second`.
  struct GatheredResult {
    Box stored; // loops
    Piece piece;
  };
  std::map<std::pair<unsigned, int64_t>, GatheredResult> gathered;
  /// What the present slot has brought to some core.
  std::map<Key, BufferView> stagedInSlot;
  /// The stage that was lowered last, and the slots when it was done.
  mlir::Operation *lastStage = nullptr;
  unsigned slotsOfStages = 0;
  /// The stage whose slots are in front of those of the present one; null where
  /// other slots are.
  mlir::Operation *stageInFront = nullptr;
  /// Tiles so far, of a queue of the tensor engine and of the vector engine.
  uint64_t numTensorCommands = 0, numVectorCommands = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGELOWERING_H
