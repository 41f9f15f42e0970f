//===- GroupCosts.h - What fused groups of stages cost ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The stages of a function are numbered in its order, and boundary k stands in
// front of stage k. Tensors that are made before a boundary and read behind it
// cross it, all of them either in local memory or in DRAM. A span of stages
// between two boundaries takes time on the engines and bytes of DRAM, computed
// whole, if it is one stage, or in slices.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H

#include "ConcatTrees.h"
#include "EngineTimes.h"
#include "StageSlices.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>
#include <memory>

namespace garam::npu {

/// Where the tensors that cross the boundaries of a span lie.
struct SpanEnds {
  bool keepsFirst = false; // those in front, in local memory
  bool keepsLast = false;  // those behind, in local memory
};

/// Stages `first` to `last`, and what they cost.
struct Span {
  unsigned first = 0, last = 0;
  SpanEnds ends;
  /// Without counts: one whole stage.
  Slicing slicing;
  llvm::SmallVector<bool> keepsConstants; // of each stage
  double seconds = 0;                     // of the engines, one after the other
  double dramSeconds = 0;
  /// When no transfer is brought forward to another stage.
  double ownSeconds = 0;
};

constexpr SpanEnds allEnds[] = {
    {true, true}, {true, false}, {false, true}, {false, false}};

/// A core's memory has the tile at hand, the next and the one that leaves.
constexpr int64_t tilesInFlight = 3;

/// The time of two activities that overlap but for a part of the shorter one.
double getOverlapped(double engines, double transfers);

class GroupCosts {
public:
  GroupCosts(mlir::func::FuncOp func, const MachineDescription &machine);
  GroupCosts(const GroupCosts &) = delete;
  GroupCosts &operator=(const GroupCosts &) = delete;

  unsigned getNumStages() const { return infos.size(); }
  mlir::Operation *getOp(unsigned stage) const { return infos[stage].stage.op; }

  /// The results that are made in front of a boundary and read behind it.
  llvm::ArrayRef<mlir::Value> getCrossing(unsigned boundary) const {
    return crossing[boundary];
  }

  /// Whether a stage has room with all that crosses its boundaries in local
  /// memory.
  bool isRoomy(unsigned stage);
  /// Spans of the one stage, whole, for all ends that local memory has room
  /// for. There is one at least, with all tensors in DRAM.
  std::vector<Span> getWhole(unsigned stage);
  /// Calls `use` for each span in slices that ends with stage `last` and that
  /// local memory has room for, the shorter ones first.
  void forEachSliced(unsigned last, llvm::function_ref<void(const Span &)> use);

private:
  /// A stage, or a slice of one, on all cores.
  struct Work {
    double seconds = 0;
    int64_t inputTileBytes = 0, constantTileBytes = 0, outputTileBytes = 0;
    int64_t columnTiles = 1; // times that inputs are read that do not fit
  };
  struct StageInfo {
    Stage stage;
    std::unique_ptr<EngineTimes> times;
    /// By whether it is a slice, and the sizes of the loops.
    std::map<std::pair<bool, std::vector<int64_t>>, Work> works;
    int64_t constantBytes = 0;
    /// Whether operations other than stages stand between it and the stage in
    /// front of it.
    bool startsRun = false;
    bool isSliceable = true;
  };
  /// A result of a stage.
  struct TensorInfo {
    int64_t bytes = 0;
    unsigned made = 0, lastRead = 0; // stages; lastRead == made: not read
    bool isReturned = false;
    /// It is written where it returns, and nowhere else.
    bool isReturnedOnly = false;
  };
  /// What the walk from the last stage of a span to its first has found.
  struct Walk;

  void addStage(mlir::Operation *op, bool startsRun, ConcatTrees &concats);
  void findReads(mlir::func::FuncOp func);
  /// The results of stages that `value` is a view of, or itself.
  void appendSources(mlir::Value value,
                     llvm::SmallVectorImpl<mlir::Value> &sources) const;
  /// Of a slice, what other stages make and read is taken as held.
  const Work &getWork(unsigned stage, const Box &loops, bool isSlice);
  Work findWork(StageInfo &info, const Box &loops, bool isSlice);
  /// Bytes that a stage, or a slice of it, reads of tensors made in front of
  /// stage `first`, when those in local memory are not counted.
  double countReadBytes(unsigned stage, const Box &loops, const Work &work,
                        unsigned first, bool keepsFirst) const;
  double countWrittenBytes(unsigned stage, bool keepsLast) const;
  int64_t getHeldBytes(unsigned first, unsigned last, SpanEnds ends) const;
  std::vector<Slicing> listSlicings(unsigned last) const;
  bool extend(Walk &walk, unsigned stage);
  std::optional<Span> finish(const Walk &walk, SpanEnds ends);
  struct Traffic;
  Traffic findTraffic(const Walk &walk, unsigned stage, SpanEnds ends);
  void keepConstants(Span &span, llvm::MutableArrayRef<Traffic> traffic,
                     int64_t room) const;
  /// Bytes that move between local memory and DRAM because what crosses all of
  /// a span lies elsewhere in front of it than behind it.
  double countMovedBytes(unsigned first, unsigned last, SpanEnds ends) const;

  const MachineDescription &machine;
  int64_t capacity;
  double dramRate; // bytes a second
  std::vector<StageInfo> infos;
  llvm::DenseMap<mlir::Operation *, unsigned> numbers;
  llvm::DenseMap<mlir::Value, TensorInfo> tensors;
  /// Of each boundary, the tensors that cross it, and their bytes.
  std::vector<llvm::SmallVector<mlir::Value, 2>> crossing;
  std::vector<int64_t> crossingBytes;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H
