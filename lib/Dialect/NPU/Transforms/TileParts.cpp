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
//===----------------------------------------------------------------------===//

#include "EngineTimes.h"
#include "StageLowering.h"
#include "TileGeometry.h"
#include "TileWalks.h"

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
  if (tile.brought.empty() || !first || !last)
    return makeWhole();

  Range inner;
  unsigned dim = 0;
  for (unsigned loop = 0; loop < stage.getNumLoops(); ++loop) {
    if (!stage.isParallel(loop))
      continue;
    Range found = findInner(stage, tile.loops, loop, tile.brought);
    // As a fraction of the tile.
    if (found.getSize() * std::max<int64_t>(tile.loops.getSize(dim), 1) >
        inner.getSize() * tile.loops.getSize(loop)) {
      inner = found;
      dim = loop;
    }
  }
  if (inner.getSize() == 0)
    return makeWhole();
  Range whole = {tile.loops.low[dim], tile.loops.high[dim]};
  SmallVector<TilePart, 3> parts = getParts(whole, inner);
  if (parts.size() == 1 || !areWorth(stage, tile.loops, dim, parts, machine))
    return makeWhole();
  unsigned place = llvm::find(tile.order, dim) - tile.order.begin();
  std::vector<Walk> walks;
  for (const TilePart &part : parts)
    walks.push_back(makePartWalk(stage, tile.loops, dim, tile.order, place,
                                 part, operands, machine));
  return walks;
}

} // namespace garam::npu
