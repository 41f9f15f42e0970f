//===- CostModel.h - Estimated times of schedules ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The one cost model of the NPU. A Timeline follows the stages of a function;
// here is how the scheduler asks it for the choice between schedules of a
// stage. estimateCost of Pipeline.h asks it for all of a function.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H

#include "HomeChoice.h"
#include "Timeline.h"

namespace garam::npu {

/// The time of the engine of a core with the largest part of a stage at least,
/// in seconds, whatever is before the stage.
double getEngineSeconds(const Stage &stage, const StageSchedule &schedule,
                        EngineTimes &engineTimes);

/// What schedules of one stage would cost, behind the stages before it.
class StageCost {
public:
  /// `past` ends in front of the stage. It is on some of `cores`, of all where
  /// none are given; what other cores do at the same time does not count.
  StageCost(const Timeline &past, const Stage &stage,
            const MachineDescription &machine,
            std::optional<CoreGroup> cores = std::nullopt);

  /// When stages behind this one can read its results, in seconds. Where that
  /// is after `limit`, any time after it. `tiles` are those of the schedule.
  double getEnd(const StageSchedule &schedule, StageTiles &tiles,
                double limit = HUGE_VAL);
  /// A lower bound of getEnd that is cheap; `engineSeconds` is getEngineSeconds
  /// of the schedule.
  double getLeastEnd(const StageSchedule &schedule, double engineSeconds) const;

  /// Goes on from `timeline`, the past, with the stage under its schedule.
  void advance(Timeline &timeline, const StageSchedule &schedule,
               StageTiles &tiles) const;

private:
  /// Inputs that other stages made, and where they are best kept so far.
  struct Input {
    mlir::OpResult result; // of the stage that made it
    HomeChoice choice;
  };

  /// Homes of the inputs.
  using Homes = llvm::SmallVector<HomeKind, 4>;

  Homes chooseHomes(const StageSchedule &schedule) const;
  void moveInputs(Timeline &timeline, const Homes &homes) const;
  const Timeline &getMoved(const Homes &homes);
  bool runStage(Timeline &timeline, StageTiles &tiles, double limit) const;
  double getHandover(const StageSchedule &schedule) const;

  const Stage &stage;
  const MachineDescription &machine;
  CoreGroup cores;
  Timeline past;
  std::vector<Input> inputs;
  /// The past with the inputs in other homes: many schedules share it.
  std::vector<std::pair<Homes, Timeline>> moved;
  /// What getEnd followed last: its memory serves the next schedule.
  std::optional<Timeline> followed;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H
