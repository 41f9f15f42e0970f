//===- TileParts.cpp - What of a tile can go first ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A convolution whose rows are split over the cores reads a halo of its
// neighbours' rows. Its inner rows do not: computed by a command of their own,
// they hide the transfers that bring the halo.
//
// What the core's other engine makes in several tiles need not be there as a
// whole either: rows that read the first of them are computed while the engine
// makes the next.
//
//===----------------------------------------------------------------------===//

#include "EngineTimes.h"
#include "StageLowering.h"
#include "TileGeometry.h"
#include "TileWalks.h"

#include <map>

using namespace mlir;

namespace garam::npu {
namespace {

/// Iterations of one loop of a tile.
struct Range {
  int64_t low = 0, high = 0;
  int64_t getSize() const { return high - low; }
};

/// A part of a tile: the iterations `range` of a loop, or the first and the
/// last of them.
struct TilePart {
  Range range;
  bool isEnds = false;
};

} // namespace

static Box cut(const Box &tile, unsigned dim, Range range) {
  Box box = tile;
  box.low[dim] = range.low;
  box.high[dim] = range.high;
  return box;
}

/// The most neighbouring iterations of loop `dim` that read nothing of what is
/// brought.
static Range findInner(const Stage &stage, const Box &tile, unsigned dim,
                       ArrayRef<std::pair<unsigned, Box>> brought) {
  Range inner, present;
  for (int64_t i = tile.low[dim]; i < tile.high[dim]; ++i) {
    Box one = cut(tile, dim, {i, i + 1});
    bool waits = llvm::any_of(brought, [&](const auto &entry) {
      return !stage.inputs[entry.first]
                  .getRegion(one)
                  .intersect(entry.second)
                  .isEmpty();
    });
    if (waits || present.high != i)
      present = {waits ? i + 1 : i, waits ? i + 1 : i};
    if (!waits)
      ++present.high;
    if (present.getSize() > inner.getSize())
      inner = present;
  }
  return inner;
}

/// The parts of a tile whose inner iterations are `inner`: these and the
/// others, by one command where each side has one.
static SmallVector<TilePart, 3> getParts(Range whole, Range inner) {
  SmallVector<TilePart, 3> parts = {{inner}};
  Range before = {whole.low, inner.low}, behind = {inner.high, whole.high};
  if (before.getSize() == 1 && behind.getSize() == 1) {
    parts.push_back({whole, /*isEnds=*/true});
    return parts;
  }
  for (Range side : {before, behind})
    if (side.getSize() > 0)
      parts.push_back({side});
  return parts;
}

/// The walk of `part`, of the loop at `place` of the order.
static Walk makePartWalk(const Stage &stage, const Box &tile, unsigned dim,
                         ArrayRef<unsigned> order, unsigned place,
                         const TilePart &part, ArrayRef<WalkOperand> operands,
                         const MachineDescription &machine) {
  int64_t begin = part.range.low - tile.low[dim];
  int64_t step = part.isEnds ? part.range.getSize() - 1 : 1;
  std::vector<WalkOperand> moved(operands.begin(), operands.end());
  for (WalkOperand &operand : moved) {
    operand.offset += begin * operand.strides[place];
    operand.strides[place] *= step;
    for (WalkOperand::AxisGuard &guard : operand.guards) {
      guard.start += begin * guard.coefficients[place];
      guard.coefficients[place] *= step;
    }
  }
  Range range = part.range;
  if (part.isEnds)
    range.high = range.low + 2;
  return makeTileWalk(stage, cut(tile, dim, range), order, std::move(moved),
                      machine);
}

/// Whether `parts` are worth their commands: what the first of them hides of a
/// transfer from another core is more than twice what more commands cost, for
/// something else may hide the transfer too.
static bool areWorth(const Stage &stage, const Box &tile, unsigned dim,
                     ArrayRef<TilePart> parts,
                     const MachineDescription &machine) {
  EngineTimes times(stage, machine);
  auto getSeconds = [&](Range range) {
    return times.get(cut(tile, dim, range)).seconds;
  };
  double all = 0;
  for (const TilePart &part : parts)
    all += getSeconds(part.isEnds ? Range{part.range.low, part.range.low + 2}
                                  : part.range);
  double hidden = std::min(getSeconds(parts.front().range),
                           machine.dma.startSeconds +
                               machine.synchronisation.remoteSeconds);
  return hidden > 2 * (all - times.get(tile).seconds);
}

namespace {

/// The tiles in which an engine makes a tensor on one core.
struct MadeTiles {
  unsigned input = 0;       // of its reader
  SmallVector<Box> regions; // in the order in which they are made
  double seconds = 0;       // that one of them takes
};

} // namespace

/// So many tiles of a producer are told apart.
static constexpr uint64_t maxMadeTiles = 64;

/// The tiles in which the other engine of `core` makes an input of `stage`;
/// none where it makes it at once.
static MadeTiles getMadeTiles(const Stage &stage, const StageOperand &input,
                              int64_t core, const MachineDescription &machine) {
  Operation *op = input.tensor.getDefiningOp();
  if (!op || !isStage(op) || isa<ContractOp>(op) == stage.isContract() ||
      !isScheduled(op) || machine.vector.excludesTensor())
    return {};
  Stage producer = getStage(op);
  StageSchedule schedule = getSchedule(producer);
  std::optional<int64_t> number = schedule.findPart(core);
  if (!number)
    return {};
  Box part = schedule.getPart(producer, *number);
  uint64_t count = countTiles(part.getShape(), schedule.tile);
  if (count <= 1 || count > maxMadeTiles)
    return {};
  MadeTiles made;
  const StageOperand &output =
      producer.outputs[cast<OpResult>(input.tensor).getResultNumber()];
  SmallVector<unsigned> order = getTileOrder(producer, schedule.tile, machine);
  for (uint64_t number = 0; number < count; ++number) {
    Box tile = getTileAt(order, part, schedule.tile, number);
    made.regions.push_back(output.getRegion(tile));
    if (number == 0)
      made.seconds = EngineTimes(producer, machine).get(tile).seconds;
  }
  return made;
}

/// The same of all inputs that are made in tiles.
static SmallVector<MadeTiles, 2>
listMadeTiles(const Stage &stage, int64_t core,
              const MachineDescription &machine) {
  SmallVector<MadeTiles, 2> all;
  for (auto [index, input] : llvm::enumerate(stage.inputs)) {
    MadeTiles made = getMadeTiles(stage, input, core, machine);
    made.input = index;
    if (!made.regions.empty())
      all.push_back(std::move(made));
  }
  return all;
}

/// The first of the iterations `range` of loop `dim` that reads `region` of an
/// input, or the end.
static int64_t findFirstReader(const StageOperand &input, const Box &tile,
                               unsigned dim, Range range, const Box &region) {
  auto isRead = [&](int64_t end) {
    return !input.getRegion(cut(tile, dim, {range.low, end}))
                .intersect(region)
                .isEmpty();
  };
  int64_t low = range.low, high = range.high;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (isRead(middle + 1))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// Cuts the iterations `range` of loop `dim` where the next tile of what the
/// other engine makes is read first, if what runs beside that engine is more
/// than twice what a command more costs.
static SmallVector<Range> cutAtMadeTiles(const Stage &stage, const Box &tile,
                                         unsigned dim, Range range,
                                         ArrayRef<MadeTiles> madeTiles,
                                         const MachineDescription &machine) {
  std::map<int64_t, double> cuts; // with the seconds of what is made meanwhile
  for (const MadeTiles &made : madeTiles)
    for (const Box &region : ArrayRef(made.regions).drop_front()) {
      int64_t reader =
          findFirstReader(stage.inputs[made.input], tile, dim, range, region);
      if (reader > range.low && reader < range.high)
        cuts[reader] = std::max(cuts[reader], made.seconds);
    }
  if (cuts.empty())
    return {range};
  EngineTimes times(stage, machine);
  auto getSeconds = [&](int64_t low, int64_t high) {
    return times.get(cut(tile, dim, {low, high})).seconds;
  };
  SmallVector<Range> parts;
  int64_t low = range.low;
  for (auto [position, made] : cuts) {
    double first = getSeconds(low, position);
    double more =
        first + getSeconds(position, range.high) - getSeconds(low, range.high);
    if (std::min(first, made) <= 2 * more)
      continue;
    parts.push_back({low, position});
    low = position;
  }
  parts.push_back({low, range.high});
  return parts;
}

/// Puts the parts of `front` before the others of `parts`, instead of the first
/// of these.
static SmallVector<TilePart, 3> replaceFirst(ArrayRef<Range> front,
                                             ArrayRef<TilePart> parts) {
  SmallVector<TilePart, 3> all;
  for (Range range : front)
    all.push_back({range});
  llvm::append_range(all, parts.drop_front());
  return all;
}

/// The parts of a tile that neighbours bring `brought` for, along the loop that
/// is set in `dim`; none where it is best computed as a whole.
static SmallVector<TilePart, 3>
findPartsOfHalo(const Stage &stage, const Box &tile,
                ArrayRef<std::pair<unsigned, Box>> brought,
                ArrayRef<MadeTiles> made, const MachineDescription &machine,
                unsigned &dim) {
  Range inner;
  for (unsigned loop = 0; loop < stage.getNumLoops(); ++loop) {
    if (!stage.isParallel(loop))
      continue;
    Range found = findInner(stage, tile, loop, brought);
    // As a fraction of the tile.
    if (found.getSize() * std::max<int64_t>(tile.getSize(dim), 1) >
        inner.getSize() * tile.getSize(loop)) {
      inner = found;
      dim = loop;
    }
  }
  if (inner.getSize() == 0)
    return {};
  SmallVector<TilePart, 3> parts =
      getParts({tile.low[dim], tile.high[dim]}, inner);
  if (parts.size() == 1 || !areWorth(stage, tile, dim, parts, machine))
    return {};
  return replaceFirst(cutAtMadeTiles(stage, tile, dim, inner, made, machine),
                      parts);
}

/// The parts of a tile for which nothing is brought.
static SmallVector<TilePart, 3>
findPartsOfOwn(const Stage &stage, const Box &tile, ArrayRef<MadeTiles> made,
               const MachineDescription &machine, unsigned &dim) {
  if (made.empty())
    return {};
  SmallVector<Range> best;
  for (unsigned loop = 0; loop < stage.getNumLoops(); ++loop) {
    if (!stage.isParallel(loop))
      continue;
    SmallVector<Range> found = cutAtMadeTiles(
        stage, tile, loop, {tile.low[loop], tile.high[loop]}, made, machine);
    if (found.size() > std::max<size_t>(best.size(), 1)) {
      best = std::move(found);
      dim = loop;
    }
  }
  return best.empty() ? SmallVector<TilePart, 3>()
                      : replaceFirst(best, {TilePart()});
}

std::vector<Walk> StageLowering::makeTileWalks(const Tile &tile,
                                               ArrayRef<WalkOperand> operands) {
  const Stage &stage = tile.stage;
  const MachineDescription &machine = emitter.machine;
  auto makeWhole = [&] {
    return std::vector<Walk>{makeTileWalk(
        stage, tile.loops, tile.order,
        std::vector<WalkOperand>(operands.begin(), operands.end()), machine)};
  };
  // Sums that go on stay in the accumulators for all rows of a tile.
  auto [first, last] = getSumEnds(stage, tile.loops);
  if (!first || !last)
    return makeWhole();

  unsigned dim = 0;
  SmallVector<MadeTiles, 2> made = listMadeTiles(stage, tile.core, machine);
  SmallVector<TilePart, 3> parts =
      tile.brought.empty()
          ? findPartsOfOwn(stage, tile.loops, made, machine, dim)
          : findPartsOfHalo(stage, tile.loops, tile.brought, made, machine,
                            dim);
  if (parts.empty())
    return makeWhole();
  unsigned place = llvm::find(tile.order, dim) - tile.order.begin();
  std::vector<Walk> walks;
  for (const TilePart &part : parts)
    walks.push_back(makePartWalk(stage, tile.loops, dim, tile.order, place,
                                 part, operands, machine));
  return walks;
}

} // namespace garam::npu
