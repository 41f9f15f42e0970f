//===- ScheduleSearch.h - The best schedules of all stages ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A beam search over the stages of a function, in their order. A path is a
// choice of schedules for the stages so far, with the queues that follow from
// it (Timeline). It is as good as the end of the next stage and what is behind
// that by a coarse model (RemainingTime), under that stage's best schedule. Of
// the paths whose last stage is split over the cores in the same way only the
// best goes on: what follows depends on the past by little more than where the
// last results lie. With paths enough for all splits that is a dynamic program,
// exact as far as this is true.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H

#include "CostModel.h"
#include "RemainingTime.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <deque>
#include <memory>

namespace garam::npu {

/// The next best schedule of a stage.
struct RunnerUp {
  StageSchedule schedule;
  /// By which the next stage would end later; where it is not exact, at least.
  double seconds;
  bool isExact;
};

class ScheduleSearch {
public:
  ScheduleSearch(mlir::func::FuncOp func, const MachineDescription &machine,
                 WeightTiming weights, SearchWidth width)
      : func(func), machine(machine), weights(weights), width(width) {}

  /// Sets the schedules of all stages. Refuses a stage that fits the machine in
  /// no way.
  mlir::LogicalResult run();

private:
  /// A schedule that a stage can have.
  struct Candidate {
    StageSchedule schedule;
    double engineSeconds;              // getEngineSeconds
    double behind;                     // RemainingTime's
    std::unique_ptr<StageTiles> tiles; // null until they are needed
  };
  /// What is known of a stage whatever is before it.
  struct Options {
    Options(mlir::Operation *op, const MachineDescription &machine)
        : stage(getStage(op)), engineTimes(stage, machine) {}
    Options(const Options &) = delete;

    Stage stage;
    EngineTimes engineTimes;
    std::vector<Candidate> candidates;
  };
  /// A schedule and when the stages behind it can go on, in seconds: exactly or
  /// at least. With what they take by RemainingTime.
  struct Choice {
    Candidate *candidate;
    double end;
    bool isExact;
  };
  /// The end of the next stage behind a choice; where it is not exact, at
  /// least.
  struct Outcome {
    const StageSchedule *schedule;
    double end;
    bool isExact;
  };
  /// The choice for a stage, behind those for the stages before it.
  struct Step {
    mlir::Operation *op;
    StageSchedule schedule;
    const Step *before;
    size_t number; // of the stage
    std::optional<RunnerUp> next;
  };
  struct Path {
    Timeline timeline; // ends in front of the next stage
    const Step *before;
    const StageSchedule *last;       // of the stage behind `before`
    std::unique_ptr<StageCost> cost; // of the next stage
    std::vector<Choice> choices;     // all for the next stage
    double end; // of the next stage at best, or of all; in seconds
    std::optional<RunnerUp> next = std::nullopt; // to `last`
  };

  void findLastUses();
  void countKeptBytes();
  size_t findStage(size_t position) const;
  mlir::LogicalResult findOptions(size_t position);
  mlir::LogicalResult refuse(const Stage &stage, uint64_t fewestTiles) const;
  std::vector<Choice> listChoices(const StageCost &cost) const;
  std::vector<Choice> findBest(Path &path, Options &options, size_t count,
                               double limit);
  StageTiles &getTiles(Candidate &candidate, Options &options) const;
  void forgetRead(Timeline &timeline, mlir::Operation *op, size_t position);
  Path makePath(Timeline timeline, size_t begin, size_t stage, double limit);
  void branch(Path &path, size_t position, size_t next,
              std::vector<Path> &best);
  static void noteRunnersUp(llvm::ArrayRef<Outcome> outcomes,
                            const Step *before, std::vector<Path> &paths);
  void addSteps(std::vector<Path> &paths, size_t position);
  size_t getLastAsked(mlir::Operation *stage) const;
  void apply(const Step *step, size_t position);

  mlir::func::FuncOp func;
  const MachineDescription &machine;
  WeightTiming weights;
  SearchWidth width;
  std::vector<mlir::Operation *> operations, stages;
  /// Positions behind which nothing reads a tensor or a view of it.
  llvm::DenseMap<mlir::Value, size_t> lastUses;
  /// Of the tensors that could be kept while each operation runs, the bytes in
  /// each core's memory if all cores keep as much.
  std::vector<int64_t> keptBytes;
  /// Of the stage in front of which paths end, and of the one behind it.
  std::unique_ptr<Options> options, nextOptions;
  std::optional<RemainingTime> remaining;
  size_t numStagesSeen = 0; // whose options were found
  std::deque<Step> steps;
  const Step *applied = nullptr; // those whose schedules the stages have
  /// The number of the first stage whose schedule may be asked for.
  size_t oldestAsked = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H
