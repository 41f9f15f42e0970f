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
// Where stages fall apart into branches (BranchCores), paths go on in two ways,
// with all cores for each stage and with cores of its own for each branch, as
// many paths of each. Within a branch the end is that of its cores. Behind the
// branches, where it is that of all cores again, the best of both ways go on.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H

#include "ChoiceRecord.h"
#include "CostModel.h"
#include "SearchSpace.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

#include <array>
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

/// What a search has found for a function.
struct FunctionSchedule {
  std::vector<StageSchedule> stages; // in their order
  ChoiceRecord choices;

  /// Schedules the stages of `func`, the function or a copy of it.
  void applyTo(mlir::func::FuncOp func) const;
};

class ScheduleSearch {
public:
  ScheduleSearch(SearchSpace &space, WeightTiming weights, SearchWidth width)
      : space(space), machine(space.getMachine()), weights(weights),
        width(width) {}

  /// The schedules of all stages. Refuses a stage that fits the machine in no
  /// way.
  mlir::FailureOr<FunctionSchedule> run();

private:
  /// A schedule that a stage can have, and what is behind it by RemainingTime.
  struct Option {
    Candidate *candidate;
    double behind;
  };
  /// What is known of a stage whatever is before it.
  struct Options {
    size_t number; // of the stage
    Stage stage;
    std::shared_ptr<StageFamily> family;
    std::vector<Option> options; // on all cores
    /// The cores of its branch, where those are tried, and options on them.
    std::optional<BranchCores> branch;
    std::vector<Option> branchOptions;
  };
  /// A schedule and when the stages behind it can go on, in seconds: exactly or
  /// at least. With what they take by RemainingTime.
  struct Choice {
    const Option *option;
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
    std::optional<RunnerUp> next;
  };
  struct Path {
    Timeline timeline;     // ends in front of the next stage
    bool takesBranchCores; // the next stage
    const Step *before;
    const StageSchedule *last;       // of the stage behind `before`
    std::unique_ptr<StageCost> cost; // of the next stage
    std::vector<Choice> choices;     // all for the next stage
    double end; // of the next stage at best, or of all; in seconds
    std::optional<RunnerUp> next = std::nullopt; // to `last`
  };
  /// Paths by whether their next stage takes the cores of its branch, the best
  /// first.
  using Paths = std::array<std::vector<Path>, 2>;

  mlir::LogicalResult findOptions(size_t position);
  void findBranchOptions(int64_t freeBytes);
  mlir::LogicalResult refuse(const Stage &stage, uint64_t fewestTiles) const;
  llvm::SmallVector<bool, 2> listWaysOn(const Path *path) const;
  std::vector<Choice> listChoices(const Path &path) const;
  std::vector<Choice> findBest(Path &path, const Options &options, size_t count,
                               double limit);
  void forgetRead(Timeline &timeline, size_t position);
  Path makePath(Timeline timeline, bool takesBranchCores, size_t begin,
                size_t stage, double limit);
  Outcome goOn(const Path &path, const StageSchedule &schedule,
               Timeline timeline, bool takesBranchCores, size_t position,
               size_t next, std::vector<Path> &best);
  void branch(Path &path, size_t position, size_t next, Paths &best);
  static void noteRunnersUp(llvm::ArrayRef<Outcome> outcomes,
                            const Step *before, std::vector<Path> &paths);
  void addSteps(std::vector<Path> &paths, size_t position);
  FunctionSchedule collect(const Step *last) const;

  SearchSpace &space;
  const MachineDescription &machine;
  WeightTiming weights;
  SearchWidth width;
  /// Of the stage in front of which paths end, and of the one behind it.
  std::unique_ptr<Options> options, nextOptions;
  size_t numStagesSeen = 0; // whose options were found
  std::deque<Step> steps;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCH_H
