//===- StageTiles.cpp - What the tiles of a schedule touch ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageTiles.h"

#include "StoreGroups.h"
#include "TileGeometry.h"
#include "garam/Target/NPU/Machine/Timing.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

/// So many tiles of a schedule are remembered, about 2 KB each. Most schedules
/// of a network have fewer, and of the others most are left off soon.
static constexpr uint64_t maxKeptTiles = 64;

/// Whether each tile has all of the sums that it takes part in.
static bool hasWholeSums(const Stage &stage, ArrayRef<int64_t> tileSizes) {
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (!stage.isParallel(dim) && tileSizes[dim] < stage.sizes[dim])
      return false;
  return true;
}

StageTiles::StageTiles(const Stage &stage, const StageSchedule &schedule,
                       EngineTimes &engineTimes,
                       const MachineDescription &machine, size_t *numTiles)
    : stage(stage), engineTimes(engineTimes), machine(machine),
      numTiles(numTiles), tileSizes(schedule.tile),
      firstCore(schedule.firstCore),
      order(getTileOrder(stage, schedule.tile, machine)) {
  for (auto [index, input] : llvm::enumerate(stage.inputs))
    if (!isPackable(input))
      broughtInputs.push_back(index);
  bool isExact = hasWholeSums(stage, tileSizes);
  for (int64_t part = 0; part < schedule.getNumParts(); ++part) {
    const Box &loops = parts.emplace_back(schedule.getPart(stage, part));
    tileCounts.push_back(countTiles(loops.getShape(), tileSizes));
    numSlots = std::max(numSlots, tileCounts.back());
    // Tiles within sums may take less than the first one, which getAll counts.
    engineSeconds.push_back(isExact ? engineTimes.getAll(loops, tileSizes) : 0);
  }
}

StageTiles::~StageTiles() {
  if (!numTiles)
    return;
  for (const std::vector<StageTile> &slot : kept)
    *numTiles -= slot.size();
}

/// What is known of a tile's packed constants.
void StageTiles::addConstants(StageTile &tile) const {
  int64_t bytes = 0;
  tile.constants = tile.loops;
  SmallVector<bool, 8> matters(stage.getNumLoops(), false);
  for (const StageOperand &operand : stage.inputs) {
    if (!isPackable(operand) || !needsInput(stage, operand, tile.loops))
      continue;
    int64_t size = getElementBytes(operand.type);
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (operand.dependsOn(dim)) {
        size *= tile.loops.getSize(dim);
        matters[dim] = true;
      }
    bytes += llvm::alignTo(size, getAlignment(machine));
  }
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (!matters[dim])
      tile.constants.low[dim] = tile.constants.high[dim] = 0;
  if (bytes == 0)
    return;
  Piece local = makeLocalPiece(Box::ofShape({bytes}), {0}, 1, {tile.core});
  Piece source = local;
  source.space = SpaceKind::dram;
  tile.constantTransfer = makeTransfer(tile.core, source, local, local.box, 1,
                                       tile.core, {tile.core}, machine);
}

StageTile StageTiles::makeTile(int64_t part, uint64_t number) {
  StageTile tile{};
  tile.core = getCore(part);
  tile.loops = getTileAt(order, parts[part], tileSizes, number);
  tile.brought.resize(stage.inputs.size());
  tile.read.resize(stage.inputs.size());
  for (unsigned index : broughtInputs) {
    const StageOperand &input = stage.inputs[index];
    tile.brought[index] =
        getBroughtRegion(input, parts[part], tile.loops, machine);
    tile.read[index] = input.getRegion(tile.loops);
  }
  for (const StageOperand &output : stage.outputs) {
    tile.written.push_back(output.getRegion(tile.loops));
    Box stored = getStoredLoops(stage, output, parts[part], tileSizes,
                                tile.loops, machine);
    auto &region = tile.stored.emplace_back();
    if (endsStore(stored, tile.loops))
      region = output.getRegion(stored);
  }
  addConstants(tile);
  tile.cost = engineTimes.get(tile.loops);
  tile.endsSums = getSumEnds(stage, tile.loops).second;
  return tile;
}

ArrayRef<StageTile> StageTiles::getSlot(uint64_t number) {
  if (number < kept.size())
    return kept[number];
  std::vector<StageTile> slot;
  slot.reserve(parts.size());
  for (size_t part = 0; part < parts.size(); ++part)
    if (number < tileCounts[part])
      slot.push_back(makeTile(part, number));
  bool isNext = number == kept.size();
  other = std::move(slot);
  if (!isNext || (number + 1) * parts.size() > maxKeptTiles)
    return other;
  if (numTiles)
    *numTiles += other.size();
  return kept.emplace_back(std::move(other));
}

} // namespace garam::npu
