//===- Timeline.h - When scheduled stages happen ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Follows the stages of a function as the lowering to commands will put them
// on the queues: which tiles there are, what each core brings for them and from
// where, in which order. It keeps for each tensor where its parts lie and when
// they are there. Nothing is emitted, and each command costs what Timing.h
// says.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TIMELINE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TIMELINE_H

#include "ConcatTrees.h"
#include "CopyTimes.h"
#include "HomeChoice.h"
#include "QueueClock.h"
#include "SharedTable.h"
#include "StageTiles.h"
#include "TensorHomes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>

namespace garam::npu {

/// Which cores see a write; bit i is core i.
using CoreMask = uint64_t;
constexpr CoreMask allCores = ~CoreMask(0);
inline CoreMask getMask(int64_t core) { return CoreMask(1) << (core % 64); }

/// What wrote `box` of a piece of a tensor, in the memories of `cores`.
struct TimedWrite {
  Box box;
  Completion completion;
  CoreMask cores;
};

/// Pieces of a tensor, without buffers, and what wrote them.
struct TimedHome {
  Home home;
  std::vector<llvm::SmallVector<TimedWrite, 2>> writes; // a piece
  /// Whether pieces take their consumers' halo.
  bool hasRoom = false;
  /// Where the tensor would best be kept by the stages that have read it so
  /// far; known of results that are split and were noted.
  std::optional<HomeChoice> choice;
  /// Views of this tensor: its piece i is piece first + i there.
  struct View {
    mlir::Value value;
    unsigned first;
  };
  llvm::SmallVector<View, 1> views;

  void addWrite(unsigned piece, const TimedWrite &write);
};

/// What stays the same of the tensors of a function, and of copies of them;
/// found when it is asked.
struct TensorFacts {
  ConcatTrees concats;
  CopyTimes copies;
  /// The tensors that were asked for, from 0 on.
  llvm::DenseMap<mlir::Value, size_t> numbers;
};

/// A copy shares what both know of tensors until one of them goes on.
class Timeline {
public:
  explicit Timeline(const MachineDescription &machine,
                    WeightTiming weights = WeightTiming::inOrder)
      : machine(&machine), weights(weights), clock(machine),
        facts(std::make_shared<TensorFacts>()) {}

  /// A stage whose results go to `kinds`; `tiles` are those of its schedule. Is
  /// left off as soon as `cores`, its own and those that are not to wait for
  /// others either, are known to end behind `limit`, in seconds; false then.
  bool runStage(const Stage &stage, StageTiles &tiles,
                llvm::ArrayRef<HomeKind> kinds, CoreGroup cores,
                double limit = HUGE_VAL);
  /// Whether runStage would find at once that a stage ends behind `limit`.
  bool isLateAtOnce(const Stage &stage, StageTiles &tiles, double limit) const;
  /// Any other operation of a function: views, and what moves data.
  void runOther(mlir::Operation *op);
  /// Whether each core keeps its part of a stage's result.
  bool isSplit(mlir::Value tensor) const;
  /// Where a tensor is best kept by the stages that noteStage was told of; null
  /// where it is not split, or nobody noted the stage that made it.
  const HomeChoice *getChoice(mlir::Value tensor) const;
  /// Notes what a stage that was run under `schedule` says of the best homes of
  /// its operands and results.
  void noteStage(const Stage &stage, const StageSchedule &schedule);
  /// Moves a tensor that was taken as split over the cores to another home.
  void moveHome(mlir::OpResult tensor, HomeKind kind);
  /// The same point in time, without what is known of the last stage alone.
  Timeline getView() const;
  /// Forgets a tensor that nothing reads any more, nor a view of it.
  void forget(mlir::Value tensor) { homes.erase(getNumber(tensor)); }
  /// Whether a stage's result is written where the function returns it.
  bool isReturnedOnly(mlir::OpResult tensor) const {
    return facts->concats.isReturnedOnly(tensor);
  }
  /// When the first of the engines that `stage` has under `schedule` is free,
  /// in seconds.
  double getFree(const Stage &stage, const StageSchedule &schedule) const;
  /// When all that was given to the queues so far is done, in seconds.
  double getEnd() const { return clock.getEnd(); }
  /// When everything so far is done, in seconds. Nothing may follow.
  double finish();
  /// When everything that the queues of `cores` have so far is done.
  double finish(CoreGroup cores);
  /// What was done until then. Only after finish.
  const QueueWork &getWork() const { return clock.getWork(); }

private:
  /// A transfer behind a computation. Its queue gets it after what the next
  /// slot brings ahead.
  struct Store {
    Transfer transfer;
    llvm::SmallVector<Completion, 2> needs;
    mlir::Value tensor; // null: nobody reads what it writes
    unsigned piece;
    Box box;
    CoreMask cores;
  };
  /// Transfers that bring something to a core.
  struct Delivery {
    Completion completion;
    /// What it costs that another core receives it, too.
    double receiverJoules = 0;
  };
  /// What was brought to a core for one input.
  struct Staged {
    mlir::Value tensor; // null: the packed constants
    Box box;
    Delivery delivery;
  };
  /// Constants that a slice of a group has left in a core for the next.
  struct Resident {
    llvm::SmallVector<mlir::Value, 3> tensors;
    Box box; // of the loops that move them
    int64_t core;
    Completion completion;
  };

  //===--- Homes (Timeline.cpp) ------------------------------------------===//

  size_t getNumber(mlir::Value value) const;
  const TimedHome *findHome(mlir::Value value) const {
    return homes.find(getNumber(value));
  }
  const TimedHome &getTimedHome(mlir::Value value);
  /// To be changed.
  TimedHome &changeHome(mlir::Value value) {
    return homes.get(getNumber(value));
  }
  TimedHome &setHome(mlir::Value value, Home home);
  void addWrite(mlir::Value tensor, unsigned piece, const TimedWrite &write);
  void addView(mlir::Value of, mlir::Value view, unsigned first);
  /// When `queue` knows all writes to `box` of a piece that `cores` see.
  double getReady(const TimedHome &home, unsigned piece, const Box &box,
                  CoreMask cores, unsigned queue) const;
  void copyTo(mlir::Value value, const Piece &destination, mlir::Value written);
  double copyAndWait(mlir::Value value, const Piece &destination,
                     mlir::Value written);
  void flushStores();

  //===--- Operations (Timeline.cpp) -------------------------------------===//

  void runReshape(ReshapeOp op);
  void runView(ViewOp op);
  void runConcat(ConcatOp op);
  /// Lets one core's parts be one piece, as the lowering makes one buffer.
  bool joinConcat(ConcatOp op);
  void runGather(GatherOp op);
  void runReturn(mlir::Operation *op);

  //===--- Stages (TimelineStages.cpp) -----------------------------------===//

  void beginStage(const Stage &stage, const StageTiles &tiles);
  void createHomes(const StageTiles &tiles, llvm::ArrayRef<HomeKind> kinds);
  /// Lets `numSlots` further slots of the stage pass, each as long as the
  /// second half of those that were followed, which began at `since` when
  /// `workBefore` was done.
  void repeatSlots(const StageTiles &tiles, double since,
                   const QueueWork &workBefore, uint64_t numSlots);
  /// Brings the operands of a slot; false when the stage will end too late.
  bool loadSlot(llvm::ArrayRef<StageTile> slot,
                llvm::ArrayRef<unsigned> broughtInputs, bool startsStage);
  bool loadTensors(llvm::ArrayRef<StageTile> slot,
                   llvm::ArrayRef<unsigned> inputs, bool early);
  unsigned getQueue(const StageTile &tile) const;
  /// The present tile of a core cannot start before `ready`.
  void require(const StageTile &tile, double ready);
  /// Whether the core of a tile, the present one, will end behind the limit.
  bool isLate(const StageTile &tile) const;
  Staged &getStaged(unsigned input, int64_t core) {
    return staged[input * machine->cores + core];
  }
  const Staged *findInSlot(mlir::Value tensor, const Box &box) const;
  /// A further core gets what was brought to another one in this slot: the
  /// transfer goes to both. What it takes of the further core's port is left
  /// out.
  Delivery receive(const Staged &common);
  Completion bringConstants(const StageTile &tile);
  void loadConstants(const StageTile &tile);
  void loadTensor(const StageTile &tile, unsigned index);
  /// Whether a tensor is there before the stage in front of the present one.
  bool isEarly(mlir::Value tensor) const;
  /// Reads from the home's own piece when it has the region or room for it.
  bool readOwnPiece(const StageTile &tile, unsigned index);
  /// Brings what piece `number` of the home, with `room`, has not of it yet.
  void fillPiece(const StageTile &tile, unsigned index, unsigned number,
                 const Box &room);
  /// The piece of `home`, if any, in which a tile's result is made.
  static std::optional<unsigned>
  findOwnPiece(const Home &home, const StageTile &tile, const Box &region);
  Delivery fetch(const TimedHome &home, const Piece &destination,
                 const Box &region, int64_t elementBytes, int64_t core);
  void compute(const StageTile &tile);
  void storeResult(const StageTile &tile, unsigned result,
                   const Completion &completion);

  const MachineDescription *machine;
  WeightTiming weights;
  QueueClock clock;
  std::shared_ptr<TensorFacts> facts;
  SharedTable<TimedHome> homes; // by number
  std::vector<Store> stores;
  const Stage *present = nullptr; // the stage that runs
  /// What each input of the present stage, and behind them its constants, last
  /// brought to each core.
  std::vector<Staged> staged;
  /// What the present slot has brought to some core.
  std::vector<Staged> stagedInSlot;
  /// What the slices so far of a group have left, by the first tensor.
  SharedTable<llvm::SmallVector<Resident, 2>> resident;
  int64_t residentGroup = -1;
  /// The last stage, and the one in front of it; null where something else was
  /// moved behind it.
  mlir::Operation *lastStage = nullptr, *stageInFront = nullptr;
  /// When the operands of each core's present tile are there.
  std::vector<double> operandsReady;
  /// The present stage is left off when it ends behind it.
  double limit = HUGE_VAL;
  /// What the tiles that are not computed yet take each engine at least.
  std::vector<double> engineSecondsLeft;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TIMELINE_H
