//===- ScheduleCandidates.cpp - Schedules that a stage may have -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ScheduleCandidates.h"

#include "LeastTrafficTiles.h"
#include "TileGeometry.h"
#include "Tuning.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace garam::npu {

/// Bytes that a tile may take however much else waits.
static int64_t getLargestTileMemory(const MachineDescription &machine) {
  return machine.local.bytes / tuning::tileMemoryFraction;
}

/// Whether neither factor of a contraction's part, with loops of these sizes,
/// can stay in memory while the other one streams.
static bool streamsBothFactors(const Stage &stage, ArrayRef<int64_t> sizes,
                               const MachineDescription &machine) {
  Box part = Box::ofShape(sizes);
  return llvm::all_of(ArrayRef(stage.inputs).take_front(2),
                      [&](const StageOperand &factor) {
                        return factor.getRegion(part).getVolume() *
                                   getElementBytes(factor.type) >
                               getLargestTileMemory(machine);
                      });
}

bool usesFreeBytes(const Stage &stage, const MachineDescription &machine) {
  return stage.isContract() && streamsBothFactors(stage, stage.sizes, machine);
}

//===----------------------------------------------------------------------===//
// Grains
//===----------------------------------------------------------------------===//

/// Columns are cut at whole passes over the array where there are enough.
static int64_t getGrain(const Stage &stage, unsigned dim,
                        const MachineDescription &machine) {
  if (!stage.isContract() || stage.kinds[dim] != IteratorKind::column)
    return 1;
  const ArrayMode *mode =
      machine.findMode(getElementType(stage.inputs[0].type));
  bool hasPasses = mode && stage.sizes[dim] % mode->outputs == 0 &&
                   stage.sizes[dim] / mode->outputs >= machine.cores;
  return hasPasses ? mode->outputs : 1;
}

static SmallVector<int64_t> getGrains(const Stage &stage,
                                      const MachineDescription &machine) {
  SmallVector<int64_t> grains;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    grains.push_back(getGrain(stage, dim, machine));
  return grains;
}

/// Raises `grains` of a stage to those of `producer`, which makes `input`.
static void shareGrains(const Stage &stage, const StageOperand &input,
                        const Stage &producer,
                        const MachineDescription &machine,
                        SmallVectorImpl<int64_t> &grains) {
  const StageOperand &result = producer.outputs[0];
  for (auto [read, written] :
       llvm::zip(input.coefficients, result.coefficients))
    for (unsigned from = 0; from < producer.getNumLoops(); ++from)
      for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
        if (written[from] == 1 && read[dim] == 1 && stage.isParallel(dim))
          grains[dim] =
              std::max(grains[dim], getGrain(producer, from, machine));
}

/// The grains that the loops of a vector stage have in the contractions whose
/// results it reads.
static SmallVector<int64_t> getSharedGrains(const Stage &stage,
                                            const MachineDescription &machine) {
  SmallVector<int64_t> grains = getGrains(stage, machine);
  if (stage.isContract())
    return grains;
  for (const StageOperand &input : stage.inputs)
    if (auto contract = input.tensor.getDefiningOp<ContractOp>())
      shareGrains(stage, input, getStage(contract), machine, grains);
  return grains;
}

//===----------------------------------------------------------------------===//
// Candidates
//===----------------------------------------------------------------------===//

namespace {

/// How many cores a stage may take: all, and half of them again and again;
/// where their number is no power of two, also the largest one below it and its
/// halves, into which the sizes of most tensors divide. From the most down.
SmallVector<int64_t> listCoreCounts(int64_t cores) {
  SmallVector<int64_t> counts;
  for (int64_t most :
       {cores, static_cast<int64_t>(llvm::bit_floor<uint64_t>(cores))})
    for (int64_t count = most; count >= 1; count /= 2)
      counts.push_back(count);
  llvm::sort(counts, std::greater<int64_t>());
  counts.erase(llvm::unique(counts), counts.end());
  return counts;
}

class CandidateFinder {
public:
  CandidateFinder(const Stage &stage, CoreGroup cores,
                  const MachineDescription &machine, int64_t freeBytes)
      : stage(stage), cores(cores), machine(machine),
        grains(getGrains(stage, machine)),
        sharedGrains(getSharedGrains(stage, machine)), freeBytes(freeBytes) {}

  FoundSchedules run() {
    SmallVector<int64_t> counts = listCoreCounts(cores.count);
    for (int64_t count : counts)
      trySplits(count);
    if (!stage.isContract())
      tryWholeLoops(counts);
    return std::move(found);
  }

private:
  /// All ways to cut one or two parallel loops into `numParts` parts.
  void trySplits(int64_t numParts) {
    StageSchedule schedule;
    schedule.firstCore = cores.first;
    schedule.split.assign(stage.getNumLoops(), 1);
    if (numParts == 1)
      return tryGrains(schedule);
    for (unsigned outer = 0; outer < stage.getNumLoops(); ++outer) {
      for (int64_t parts = 2; parts <= numParts; ++parts) {
        if (numParts % parts != 0 || !canSplit(outer, parts))
          continue;
        schedule.split[outer] = parts;
        int64_t rest = numParts / parts;
        if (rest == 1)
          tryGrains(schedule);
        for (unsigned inner = outer + 1;
             rest > 1 && inner < stage.getNumLoops(); ++inner) {
          if (!canSplit(inner, rest))
            continue;
          schedule.split[inner] = rest;
          tryGrains(schedule);
          schedule.split[inner] = 1;
        }
        schedule.split[outer] = 1;
      }
    }
  }

  /// Loops of fewer iterations than there are cores, each on a core of its own,
  /// where no count of `counts` divides them so.
  void tryWholeLoops(ArrayRef<int64_t> counts) {
    llvm::SmallSetVector<int64_t, 4> sizes;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.isParallel(dim) && stage.sizes[dim] < cores.count &&
          !llvm::is_contained(counts, stage.sizes[dim]))
        sizes.insert(stage.sizes[dim]);
    for (int64_t size : sizes)
      trySplits(size);
  }

  bool canSplit(unsigned dim, int64_t parts) const {
    return stage.isParallel(dim) && stage.sizes[dim] >= parts;
  }

  /// Where a loop is cut, the producers of what it walks may be cut elsewhere:
  /// at their grains the cuts can be the same, and nothing is exchanged.
  void tryGrains(StageSchedule schedule) {
    schedule.grain = grains;
    tryTiles(schedule);
    bool differs = false;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      differs |= schedule.split[dim] > 1 && grains[dim] != sharedGrains[dim];
    if (!differs)
      return;
    schedule.grain = sharedGrains;
    tryTiles(schedule);
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
      consider(schedule, getTileMemory(machine));
      return considerHalves(schedule);
    }
    if (considerLeastTraffic(schedule))
      return;
    // Fewer columns leave room in the accumulators for more rows.
    std::optional<unsigned> column = getLargest(schedule, IteratorKind::column);
    while (true) {
      StageSchedule candidate = schedule;
      shrinkToAccumulators(candidate);
      for (unsigned eighths : {4, 7})
        considerPartSums(candidate, eighths);
      shrinkToMemory(candidate);
      consider(candidate, getTileMemory(machine));
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

  /// What a vector stage makes in half a tile goes to the other cores while the
  /// engine in front of it still works. Where there are many tiles, the first
  /// does that already. Each half should take as long to move as its start-up.
  void considerHalves(StageSchedule schedule) {
    std::optional<unsigned> row = getLargest(schedule, IteratorKind::row);
    if (!row || machine.network.bytesPerCyclePerCore == 0 ||
        countTiles(getLargestPart(stage, schedule), schedule.tile) >
            tuning::maxHalvedTiles)
      return;
    schedule.tile[*row] = llvm::divideCeil(schedule.tile[*row], 2);
    double seconds = getResultBytes(schedule) /
                     (machine.network.bytesPerCyclePerCore * machine.clockHz);
    if (seconds >= machine.dma.startSeconds)
      consider(schedule, getTileMemory(machine));
  }

  /// Of a tile.
  int64_t getResultBytes(const StageSchedule &schedule) const {
    int64_t bytes = 0;
    for (const StageOperand &output : stage.outputs)
      bytes += getElementBytes(output.type);
    return bytes * getTileVolume(schedule, IteratorKind::row) *
           getTileVolume(schedule, IteratorKind::column);
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
        machine.findMode(getElementType(stage.inputs[0].type));
    int64_t outputs = mode ? mode->outputs : 1;
    int64_t columns =
        llvm::alignTo(getTileVolume(schedule, IteratorKind::column), outputs);
    return getTileVolume(schedule, IteratorKind::row) * columns *
           static_cast<int64_t>(sizeof(int32_t));
  }

  bool fitsAccumulators(const StageSchedule &schedule) const {
    return getAccumulatorBytes(schedule) <=
           static_cast<int64_t>(machine.tensor.accumulatorBytes);
  }

  /// Cuts rows, the first ones first, into the fewest equal parts that fit,
  /// then halves columns.
  void shrinkToAccumulators(StageSchedule &schedule) const {
    while (!fitsAccumulators(schedule)) {
      if (std::optional<unsigned> row = getFirstRow(schedule)) {
        int64_t size = schedule.tile[*row];
        int64_t parts = llvm::divideCeil(getAccumulatorBytes(schedule),
                                         machine.tensor.accumulatorBytes);
        // One of them may be a row more than the average.
        for (parts = std::min(parts, size);
             parts <= size && !fitsAccumulators(schedule); ++parts)
          schedule.tile[*row] = llvm::divideCeil(size, parts);
        continue;
      }
      std::optional<unsigned> column =
          getLargest(schedule, IteratorKind::column);
      if (!column)
        return;
      schedule.tile[*column] = llvm::divideCeil(schedule.tile[*column], 2);
    }
  }

  std::optional<unsigned> getFirstRow(const StageSchedule &schedule) const {
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == IteratorKind::row && schedule.tile[dim] > 1)
        return dim;
    return std::nullopt;
  }

  int64_t getTileBytes(const StageSchedule &schedule) const {
    int64_t bytes = getStagedBytes(stage, schedule);
    int64_t outputs = getTileVolume(schedule, IteratorKind::row) *
                      getTileVolume(schedule, IteratorKind::column);
    for (const StageOperand &output : stage.outputs)
      if (!output.isHeld)
        bytes += outputs * getElementBytes(output.type);
    return bytes;
  }

  bool fitsMemory(const StageSchedule &schedule, int64_t tileMemory) const {
    return getTileBytes(schedule) <= tileMemory &&
           getHeldBytes(stage, schedule) * tuning::heldMemoryFraction <=
               static_cast<int64_t>(machine.local.bytes);
  }

  void shrinkToMemory(StageSchedule &schedule) const {
    while (!fitsMemory(schedule, getTileMemory(machine))) {
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

  /// Where both factors are larger than memory, a tile with few rows or columns
  /// brings one of them again and again. One with many of both has only
  /// a part of the reduction at a time and keeps its sums in the accumulators.
  /// Results take so many eighths of a tile's memory at most, which leaves room
  /// for what streams past.
  void considerPartSums(StageSchedule schedule, unsigned eighths) {
    int64_t memory = getLargestTileMemory(machine);
    if (!streamsBothFactors(stage, getLargestPart(stage, schedule), machine))
      return;
    while (getResultBytes(schedule) > memory * eighths / 8) {
      std::optional<unsigned> dim = getFirstRow(schedule);
      if (!dim)
        return;
      schedule.tile[*dim] = llvm::divideCeil(schedule.tile[*dim], 2);
    }
    while (getTileBytes(schedule) > memory) {
      std::optional<unsigned> dim =
          getLargest(schedule, IteratorKind::reduction);
      if (!dim)
        return;
      schedule.tile[*dim] = llvm::divideCeil(schedule.tile[*dim], 2);
    }
    consider(schedule, memory);
  }

  /// The same where all of a core's memory is free for it: tiles that move the
  /// least, and no others. An input that is brought as a whole moves once in
  /// any tiles.
  bool considerLeastTraffic(StageSchedule schedule) {
    SmallVector<int64_t> part = getLargestPart(stage, schedule);
    if (!streamsBothFactors(stage, part, machine))
      return false;
    Box loops = Box::ofShape(part);
    Box none = loops;
    none.high = none.low;
    if (!getBroughtRegion(stage.inputs[0], loops, none, machine).isEmpty())
      return false;
    size_t before = found.schedules.size();
    for (SmallVector<int64_t> &tile :
         findLeastTrafficTiles(stage, part, freeBytes, machine)) {
      schedule.tile = std::move(tile);
      if (getAccumulatorBytes(schedule) <=
          static_cast<int64_t>(machine.tensor.accumulatorBytes))
        consider(schedule, freeBytes);
    }
    return found.schedules.size() > before;
  }

  /// A queue must have room for all tiles of its core, with a command each.
  void consider(const StageSchedule &schedule, int64_t tileMemory) {
    if (!fitsMemory(schedule, tileMemory))
      return;
    uint64_t tiles = countTiles(getLargestPart(stage, schedule), schedule.tile);
    found.fewestTiles = std::min(found.fewestTiles, tiles);
    if (tiles <= maxStageTiles)
      found.schedules.push_back(schedule);
  }

  const Stage &stage;
  CoreGroup cores;
  const MachineDescription &machine;
  /// Of each loop: what it is cut at, and what it may be for the producers.
  SmallVector<int64_t> grains, sharedGrains;
  int64_t freeBytes;
  FoundSchedules found;
};

} // namespace

int64_t getTileMemory(const MachineDescription &machine) {
  int64_t most = getLargestTileMemory(machine);
  int64_t least = machine.local.bytes / tuning::leastTileMemoryFraction;
  double startUpBytes = tuning::enoughTileStartUps * machine.dma.startSeconds *
                        machine.dram.bytesPerSecond / machine.cores;
  double enough = std::max(tuning::enoughTileBytes, startUpBytes);
  return std::clamp(enough, double(least), double(most));
}

FoundSchedules findSchedules(const Stage &stage,
                             const MachineDescription &machine,
                             int64_t freeBytes,
                             std::optional<CoreGroup> cores) {
  return CandidateFinder(stage, cores.value_or(CoreGroup::ofAll(machine)),
                         machine, freeBytes)
      .run();
}

} // namespace garam::npu
