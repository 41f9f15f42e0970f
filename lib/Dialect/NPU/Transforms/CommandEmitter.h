//===- CommandEmitter.h - Creates buffers and commands ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDEMITTER_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDEMITTER_H

#include "CommandWalk.h"
#include "TensorHomes.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace garam::npu {

/// The commands of one tile on all cores. In the final order the weights of a
/// slot come before the computation of the slot in front of it.
struct Slot {
  llvm::SmallVector<mlir::Operation *> weightLoads, loads, computes, stores;
  /// Of what was there before the computation of the slot in front.
  llvm::SmallVector<mlir::Operation *> earlyLoads;
  /// Tiles of one stage read what earlier stages wrote, so their loads may run
  /// ahead of the computation of the tile before.
  bool startsStage = false;
};

/// Creates commands, detached, and files them under slots; buffers, segments
/// and micro-programs go into a list of their own that comes first.
class CommandEmitter {
public:
  CommandEmitter(mlir::MLIRContext *context, const MachineDescription &machine)
      : machine(machine), builder(context) {}
  CommandEmitter(const CommandEmitter &) = delete;
  CommandEmitter &operator=(const CommandEmitter &) = delete;
  /// Erases what was not taken.
  ~CommandEmitter();

  const MachineDescription &machine;
  mlir::OpBuilder builder;
  mlir::Location loc = builder.getUnknownLoc();

  Slot &startSlot(bool startsStage);
  Slot &getSlot(unsigned index) { return slots[index]; }
  unsigned getNumSlots() const { return slots.size(); }

  //===--- Buffers -------------------------------------------------------===//

  mlir::Value createLocalBuffer(int64_t bytes, llvm::ArrayRef<int64_t> cores);
  mlir::Value createSharedBuffer(int64_t bytes);
  mlir::Value createDRAMBuffer(int64_t bytes, int64_t segment,
                               llvm::ArrayRef<mlir::Attribute> parts = {});
  /// Gives `piece` a buffer of `bytes` bytes in its memory; in DRAM, in
  /// `segment`.
  void allocate(Piece &piece, int64_t segment, int64_t bytes);
  /// Segments are numbered as they are created.
  int64_t createSegment(RoleKind role, llvm::StringRef name,
                        std::optional<int64_t> bytes);
  /// A dense buffer for `box` of a tensor, as a piece of it.
  Piece createLocalPiece(const Box &box, llvm::ArrayRef<int64_t> layout,
                         int64_t elementBytes, llvm::ArrayRef<int64_t> cores);

  //===--- Transfers -----------------------------------------------------===//

  /// Copies `box` of a tensor from one view to another, on the DMA engine of
  /// `core`. A source in several cores is read in `sourceCore`; the copy
  /// arrives in `receivers` when these are given.
  void createCopy(llvm::SmallVectorImpl<mlir::Operation *> &list, int64_t core,
                  const Piece &source, const Piece &destination, const Box &box,
                  int64_t elementBytes, int64_t sourceCore,
                  llvm::ArrayRef<int64_t> receivers = {});

  /// All definitions and commands in their final order; they are the caller's.
  llvm::SmallVector<mlir::Operation *> take();

  llvm::SmallVector<mlir::Operation *> definitions;

private:
  void createCopyWalk(llvm::SmallVectorImpl<mlir::Operation *> &list,
                      int64_t core, mlir::Value source, mlir::Value destination,
                      const Walk &walk, int64_t elementBytes,
                      std::optional<int64_t> sourceCore,
                      llvm::ArrayRef<int64_t> receivers);

  std::vector<Slot> slots;
  int64_t numSegments = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDEMITTER_H
