//===- ScheduleStages.cpp - Core split and tiles of stages ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"
#include "Machine.h"
#include "TileGeometry.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSCHEDULESTAGES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Tiles of one stage that are being computed and being brought share a core's
/// memory with tensors that wait: a tile may take this fraction of it.
constexpr int64_t tileMemoryFraction = 6;

class StageScheduler {
public:
  /// `past` ends in front of the stage.
  StageScheduler(const Timeline &past, const Stage &stage,
                 const MachineDescription &machine)
      : stage(stage), machine(machine), cost(past, stage, machine) {}

  /// Chooses and appends the stage to `timeline`, the past.
  LogicalResult run(Timeline &timeline) {
    for (int64_t cores = machine.cores; cores >= 1; cores = cores / 2)
      trySplits(cores);
    if (candidates.empty())
      return stage.op->emitOpError("fits ")
             << machine.name << " in no way: one tile needs more than "
             << machine.local.bytes / tileMemoryFraction
             << " bytes of a core's memory";
    const StageSchedule &best = chooseBest();
    setSchedule(stage, best);
    cost.advance(timeline, best);
    return success();
  }

private:
  /// All ways to cut one or two parallel loops into `cores` parts.
  void trySplits(int64_t cores) {
    StageSchedule schedule;
    schedule.split.assign(stage.getNumLoops(), 1);
    schedule.grain = getGrains();
    if (cores == 1)
      return tryTiles(schedule);
    for (unsigned outer = 0; outer < stage.getNumLoops(); ++outer) {
      for (int64_t parts = 2; parts <= cores; ++parts) {
        if (cores % parts != 0 || !canSplit(outer, parts))
          continue;
        schedule.split[outer] = parts;
        int64_t rest = cores / parts;
        if (rest == 1)
          tryTiles(schedule);
        for (unsigned inner = outer + 1;
             rest > 1 && inner < stage.getNumLoops(); ++inner) {
          if (!canSplit(inner, rest))
            continue;
          schedule.split[inner] = rest;
          tryTiles(schedule);
          schedule.split[inner] = 1;
        }
        schedule.split[outer] = 1;
      }
    }
  }

  bool canSplit(unsigned dim, int64_t parts) const {
    return stage.isParallel(dim) && stage.sizes[dim] >= parts;
  }

  /// Columns are cut at whole passes over the array where there are enough.
  SmallVector<int64_t> getGrains() const {
    SmallVector<int64_t> grains(stage.getNumLoops(), 1);
    if (!stage.isContract())
      return grains;
    const ArrayMode *mode =
        machine.findMode(static_cast<ElementType>(stage.inputs[0].type));
    if (!mode)
      return grains;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == IteratorKind::column &&
          stage.sizes[dim] % mode->outputs == 0 &&
          stage.sizes[dim] / mode->outputs >= machine.cores)
        grains[dim] = mode->outputs;
    return grains;
  }

  //===--- Tiles ---------------------------------------------------------===//

  void tryTiles(StageSchedule schedule) {
    schedule.tile.clear();
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      schedule.tile.push_back(stage.kinds[dim] == IteratorKind::batch
                                  ? 1
                                  : getLargestPart(stage, schedule, dim));
    if (!stage.isContract()) {
      shrinkToMemory(schedule);
      return consider(schedule);
    }
    // Fewer columns leave room in the accumulators for more rows.
    std::optional<unsigned> column = getLargest(schedule, IteratorKind::column);
    while (true) {
      StageSchedule candidate = schedule;
      shrinkToAccumulators(candidate);
      shrinkToMemory(candidate);
      consider(candidate);
      if (!column || schedule.tile[*column] <= 1)
        return;
      int64_t grains =
          llvm::divideCeil(schedule.tile[*column], schedule.grain[*column]);
      if (grains <= 1)
        return;
      schedule.tile[*column] =
          llvm::divideCeil(grains, 2) * schedule.grain[*column];
    }
  }

  std::optional<unsigned> getLargest(const StageSchedule &schedule,
                                     IteratorKind kind) const {
    std::optional<unsigned> largest;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == kind && schedule.tile[dim] > 1 &&
          (!largest || schedule.tile[dim] > schedule.tile[*largest]))
        largest = dim;
    return largest;
  }

  int64_t getTileVolume(const StageSchedule &schedule,
                        IteratorKind kind) const {
    int64_t volume = 1;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == kind)
        volume *= schedule.tile[dim];
    return volume;
  }

  /// Sums of a tile, in whole passes over the array.
  int64_t getAccumulatorBytes(const StageSchedule &schedule) const {
    const ArrayMode *mode =
        machine.findMode(static_cast<ElementType>(stage.inputs[0].type));
    int64_t outputs = mode ? mode->outputs : 1;
    int64_t columns =
        llvm::alignTo(getTileVolume(schedule, IteratorKind::column), outputs);
    return getTileVolume(schedule, IteratorKind::row) * columns *
           static_cast<int64_t>(sizeof(int32_t));
  }

  /// Halves rows, the first ones first, then columns.
  void shrinkToAccumulators(StageSchedule &schedule) const {
    while (getAccumulatorBytes(schedule) >
           static_cast<int64_t>(machine.tensor.accumulatorBytes)) {
      std::optional<unsigned> dim = getFirstRow(schedule);
      if (!dim)
        dim = getLargest(schedule, IteratorKind::column);
      if (!dim)
        return;
      schedule.tile[*dim] = llvm::divideCeil(schedule.tile[*dim], 2);
    }
  }

  std::optional<unsigned> getFirstRow(const StageSchedule &schedule) const {
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == IteratorKind::row && schedule.tile[dim] > 1)
        return dim;
    return std::nullopt;
  }

  int64_t getMemoryLimit() const {
    return machine.local.bytes / tileMemoryFraction;
  }

  int64_t getTileBytes(const StageSchedule &schedule) const {
    int64_t bytes = getStagedBytes(stage, schedule);
    int64_t outputs = getTileVolume(schedule, IteratorKind::row) *
                      getTileVolume(schedule, IteratorKind::column);
    for (const StageOperand &output : stage.outputs)
      bytes += outputs * getElementBytes(output.type);
    return bytes;
  }

  void shrinkToMemory(StageSchedule &schedule) const {
    while (getTileBytes(schedule) > getMemoryLimit()) {
      std::optional<unsigned> dim = getFirstRow(schedule);
      if (!dim)
        dim = getLargest(schedule, IteratorKind::column);
      if (!dim && stage.isContract())
        dim = getLargest(schedule, IteratorKind::reduction);
      if (!dim)
        return;
      schedule.tile[*dim] = llvm::divideCeil(schedule.tile[*dim], 2);
    }
  }

  void consider(const StageSchedule &schedule) {
    if (getTileBytes(schedule) <= getMemoryLimit())
      candidates.push_back({schedule, cost.getLeastEnd(schedule)});
  }

  /// The candidate that ends first; of equal ones that found first.
  const StageSchedule &chooseBest() {
    llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) {
      return a.leastEnd < b.leastEnd;
    });
    const Candidate *best = nullptr;
    double bestEnd = HUGE_VAL;
    for (const Candidate &candidate : candidates) {
      if (candidate.leastEnd >= bestEnd)
        break;
      double end = cost.getEnd(candidate.schedule);
      if (end < bestEnd) {
        best = &candidate;
        bestEnd = end;
      }
    }
    return best->schedule;
  }

  struct Candidate {
    StageSchedule schedule;
    double leastEnd; // cannot end before
  };

  const Stage &stage;
  const MachineDescription &machine;
  StageCost cost;
  std::vector<Candidate> candidates;
};

struct ScheduleStages : impl::NPUScheduleStagesBase<ScheduleStages> {
  using NPUScheduleStagesBase::NPUScheduleStagesBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(scheduleStages(getOperation(), *machine)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult scheduleStages(func::FuncOp func,
                             const MachineDescription &machine) {
  if (func.isExternal())
    return success();
  Timeline timeline(machine);
  for (Operation &op : func.front()) {
    if (!isStage(&op)) {
      timeline.runOther(&op);
      continue;
    }
    Stage stage = getStage(&op);
    if (failed(StageScheduler(timeline, stage, machine).run(timeline)))
      return failure();
  }
  return success();
}

} // namespace garam::npu
