//===- StoreGroups.cpp - Results that are stored together -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StoreGroups.h"

#include "Tuning.h"

using namespace mlir;

namespace garam::npu {

static int64_t getEnoughBytes(const MachineDescription &machine) {
  double bytes = tuning::enoughStoreStartUps * machine.dma.startSeconds *
                 machine.dram.bytesPerSecond / machine.cores;
  return std::min<int64_t>(bytes,
                           machine.local.bytes / tuning::gatheredFraction);
}

Box getStoredLoops(const Stage &stage, const StageOperand &output,
                   const Box &part, ArrayRef<int64_t> tileSizes,
                   const Box &tile, const MachineDescription &machine) {
  // Batch loops are the slowest ones: within one element of each of them are
  // all of the part's other loops.
  Box element = part;
  bool hasBatch = false;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
    if (stage.kinds[dim] != IteratorKind::batch)
      continue;
    if (tileSizes[dim] != 1)
      return tile;
    element.low[dim] = tile.low[dim];
    element.high[dim] = tile.high[dim];
    hasBatch |= part.getSize(dim) > 1;
  }
  if (!hasBatch)
    return tile;
  int64_t bytes =
      output.getRegion(element).getVolume() * getElementBytes(output.type);
  int64_t elements = getEnoughBytes(machine) / std::max<int64_t>(bytes, 1);
  if (elements < 2)
    return tile;
  Box stored = element;
  for (unsigned dim = stage.getNumLoops(); dim-- > 0;) {
    if (stage.kinds[dim] != IteratorKind::batch)
      continue;
    int64_t size = part.getSize(dim);
    int64_t step = std::min(elements, size);
    int64_t group = (tile.low[dim] - part.low[dim]) / step;
    stored.low[dim] = part.low[dim] + group * step;
    stored.high[dim] = std::min(part.high[dim], stored.low[dim] + step);
    // Loops around one that is cut have one element in each transfer.
    elements = step == size ? std::max<int64_t>(elements / size, 1) : 1;
  }
  return stored;
}

bool endsStore(const Box &stored, const Box &tile) {
  return stored.high == tile.high;
}

} // namespace garam::npu
