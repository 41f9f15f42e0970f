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
// Its engines take E seconds then, the sum over its stages, and its transfers
// with DRAM D seconds. If transfers could be brought forward as far as one
// likes, a plan of spans would take max(sum of E, sum of D); if none could
// leave its stage, the sum of what each stage takes on its own, L. The estimate
// lies between the two:
//
//   (1 - staying) * max(sum of E, sum of D) + staying * sum of L
//
// where `staying` is the part of transfers that stay in their stage. It is the
// larger of two sums over spans: of E and of D, with their part of L each.
//
// What a span costs follows from the stages in it, what they read of each other
// and what crosses its ends. Chains of layers repeat themselves, and spans that
// are alike in that are looked at once.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H

#include "ConcatTrees.h"
#include "EngineTimes.h"
#include "GroupPlans.h"
#include "StageClasses.h"
#include "StageSlices.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <deque>
#include <map>
#include <memory>

namespace garam::npu {

constexpr SpanEnds allEnds[] = {
    {true, true}, {true, false}, {false, true}, {false, false}};

/// A group has at most so many stages, so that the time of the search is linear
/// in those of a function.
constexpr unsigned maxSpanStages = 64;

/// A core's memory has the tile at hand, the next and the one that leaves.
constexpr int64_t tilesInFlight = 3;

/// The time of two activities that overlap but for a part of the shorter one.
double getOverlapped(double engines, double transfers);

/// The load of a span whose engines and transfers take so long, and which takes
/// `ownSeconds` when no transfer is brought forward to another stage.
Load makeLoad(double seconds, double dramSeconds, double ownSeconds);

/// How a span is computed in slices.
struct SpanSlices {
  Slicing slicing;
  llvm::SmallVector<bool> keepsConstants; // of each stage
};

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
  /// The ways to compute one stage, whole, for all ends that local memory has
  /// room for. There is one at least, with all tensors in DRAM.
  llvm::ArrayRef<SpanChoice> getWhole(unsigned stage);
  /// The ways to compute a span in slices that local memory has room for, for
  /// each span that ends with stage `last`, the shorter ones first. Of those
  /// with the same ends, ways that another beats are left out.
  llvm::SmallVector<SpanChoices, 0> getSliced(unsigned last);
  /// How the span that `choice` is of computes its stages in slices.
  SpanSlices getSlices(const PlannedSpan &span);

private:
  /// A stage, or a slice of one, on all cores.
  struct Work {
    double seconds = 0;
    int64_t inputTileBytes = 0, constantTileBytes = 0, outputTileBytes = 0;
    int64_t columnTiles = 1; // times that inputs are read that do not fit
  };
  /// What the stages of one class have in common.
  struct ClassInfo {
    /// One of them.
    const Stage *stage;
    std::unique_ptr<EngineTimes> times;
    /// By whether it is a slice, and the sizes of the loops.
    std::map<std::pair<bool, llvm::SmallVector<int64_t>>, Work> works;
  };
  /// An input of a stage that is no constant.
  struct InputInfo {
    unsigned number = 0;
    bool isResult = false; // of a stage
    /// Whether nothing but results of stages are in it, and the first stage
    /// that makes one of them then.
    bool isMade = false;
    unsigned firstMaker = 0;
  };
  struct StageInfo {
    Stage stage;
    unsigned classNumber = 0;
    /// Stages with the same number are alike in all that spans with them cost.
    unsigned place = 0;
    int64_t constantBytes = 0;
    /// Whether operations other than stages stand between it and the stage in
    /// front of it.
    bool startsRun = false;
    bool isSliceable = true;
    llvm::SmallVector<InputInfo, 3> inputs;
    /// The one result that is read.
    mlir::OpResult onlyResult;
  };
  /// A result of a stage.
  struct TensorInfo {
    int64_t bytes = 0;
    unsigned made = 0, lastRead = 0; // stages; lastRead == made: not read
    bool isReturned = false;
    /// It is written where it returns, and nowhere else.
    bool isReturnedOnly = false;
  };

  //===--- Stages and tensors (GroupCosts.cpp) ---------------------------===//

  void addStage(mlir::Operation *op, bool startsRun, ConcatTrees &concats);
  void findReads(mlir::func::FuncOp func);
  void findInputs(unsigned stage);
  void findPlace(unsigned stage);
  /// The results of stages that `value` is a view of, or itself.
  void appendSources(mlir::Value value,
                     llvm::SmallVectorImpl<mlir::Value> &sources) const;
  /// Of a slice, what other stages make and read is taken as held.
  const Work &getWork(unsigned stage, const Box &loops, bool isSlice);
  Work findWork(ClassInfo &info, const Box &loops, bool isSlice);
  /// Bytes that a stage, or a slice of it, reads of an input in DRAM.
  double countReadBytes(unsigned stage, const InputInfo &input,
                        const Box &loops, const Work &work) const;
  /// What leaves behind stage `stage`, the last of a span.
  double countWrittenBytes(unsigned stage, bool keepsLast) const;
  int64_t getHeldBytes(unsigned first, unsigned last, SpanEnds ends) const;
  /// Bytes that move between local memory and DRAM because what crosses all of
  /// a span lies elsewhere in front of it than behind it.
  double countMovedBytes(unsigned first, unsigned last, SpanEnds ends) const;
  std::vector<SpanChoice> findWhole(unsigned stage);

  //===--- Slices (SlicedSpans.cpp) --------------------------------------===//

  /// What the walk from the last stage of a span to its first has found.
  struct Walk;
  /// A stage of it.
  struct WalkStage;
  /// What crosses the ends of a span.
  struct EndTraffic;
  struct Traffic;
  /// Spans of stages that are alike from the last to the first.
  struct Node {
    std::vector<SpanChoice> choices;
    bool isKnown = false;
    bool isEnd = false; // no longer span can be cut into slices
  };

  std::vector<Slicing> listSlicings(unsigned last) const;
  std::vector<Walk> startWalks(unsigned last) const;
  bool extend(Walk &walk, unsigned stage);
  void extendAll(std::vector<Walk> &walks, unsigned first);
  void fillNode(Node &node, std::vector<Walk> &walks, unsigned first,
                unsigned last);
  EndTraffic findEndTraffic(unsigned first, unsigned last, SpanEnds ends) const;
  Traffic findTraffic(const Walk &walk, unsigned stage,
                      const EndTraffic &ends) const;
  bool findAllTraffic(const Walk &walk, const EndTraffic &ends,
                      llvm::SmallVectorImpl<Traffic> &traffic,
                      llvm::SmallVectorImpl<bool> &keepsConstants) const;
  Load sumUp(const Walk &walk, llvm::ArrayRef<Traffic> traffic) const;

  const MachineDescription &machine;
  int64_t capacity;
  double dramRate; // bytes a second
  int64_t tileMemory;
  StageClasses classNumbers;
  KeyNumbers placeNumbers;
  std::vector<StageInfo> infos;
  std::vector<ClassInfo> classes;
  /// By place.
  std::vector<std::vector<SpanChoice>> wholes;
  /// By the node of a span without its first stage, and that stage's place.
  llvm::DenseMap<std::pair<unsigned, unsigned>, unsigned> nodeNumbers;
  std::deque<Node> nodes;
  llvm::DenseMap<mlir::Operation *, unsigned> numbers;
  llvm::DenseMap<mlir::Value, TensorInfo> tensors;
  /// Of each boundary, the tensors that cross it, and their bytes.
  std::vector<llvm::SmallVector<mlir::Value, 2>> crossing;
  std::vector<int64_t> crossingBytes;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPCOSTS_H
