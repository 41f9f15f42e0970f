//===- Tiling.cpp - How kernels lie in banks ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/Tiling.h"
#include "garam/Target/PIM/Machine/CostModel.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace garam::pim {

using llvm::divideCeil;

//===----------------------------------------------------------------------===//
// Matrix-vector products
//===----------------------------------------------------------------------===//

uint64_t GemvTiling::getTurns() const {
  return splits > 1 ? 1 : divideCeil(groups, channels);
}

uint64_t GemvTiling::getFullTurns() const {
  return splits > 1 ? 0 : groups / channels;
}

uint64_t GemvTiling::getTurnChannels(uint64_t turn) const {
  return splits > 1 ? groups * splits
                    : std::min(channels, groups - turn * channels);
}

uint64_t GemvTiling::getTiles() const {
  return divideCeil(slots, numRegisters);
}

uint64_t GemvTiling::getTiles(unsigned parity) const {
  return (getTiles() + 1 - parity) / 2;
}

uint64_t GemvTiling::getTileSlots(uint64_t tile) const {
  return std::min<uint64_t>(numRegisters, slots - tile * numRegisters);
}

uint64_t GemvTiling::getTurnPlaces() const {
  return getTiles(0) * numRegisters * numRegisters;
}

uint64_t GemvTiling::getRows(const Geometry &geometry) const {
  uint64_t places = getWeightPlaces() + getTurns() * numRegisters;
  return llvm::alignTo(divideCeil(places, geometry.columns), 2);
}

uint64_t GemvTiling::getWeightBursts() const {
  return groups * splits * slots * getGroupOutputs();
}

GemvTiling tileGemv(const MachineDescription &machine, uint64_t inputs,
                    uint64_t outputs, uint64_t splits) {
  GemvTiling tiling;
  tiling.inputs = inputs;
  tiling.outputs = outputs;
  tiling.units = machine.geometry.getUnits();
  tiling.channels = machine.geometry.channels;
  tiling.groups = divideCeil(outputs, tiling.getGroupOutputs());
  uint64_t bursts = divideCeil(inputs, numLanes);
  tiling.slots = divideCeil(bursts, splits);
  // Parts of as many bursts may be fewer.
  tiling.splits = divideCeil(bursts, tiling.slots);
  return tiling;
}

GemvTiling tileGemv(const MachineDescription &machine, uint64_t inputs,
                    uint64_t outputs) {
  GemvTiling best = tileGemv(machine, inputs, outputs, 1);
  double bestSeconds = estimateCost(machine, best).seconds;
  uint64_t most = std::max<uint64_t>(best.channels / best.groups, 1);
  for (uint64_t splits = 2; splits <= std::min(most, best.slots); ++splits) {
    GemvTiling tiling = tileGemv(machine, inputs, outputs, splits);
    double seconds = estimateCost(machine, tiling).seconds;
    if (seconds < bestSeconds) {
      best = tiling;
      bestSeconds = seconds;
    }
    if (best.slots == 1)
      break;
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Elementwise kernels
//===----------------------------------------------------------------------===//

uint64_t ElementwiseTiling::getRows(const Geometry &geometry) const {
  return divideCeil(trips * numRegisters, geometry.columns);
}

ElementwiseTiling tileElementwise(const MachineDescription &machine,
                                  uint64_t elements) {
  const Geometry &g = machine.geometry;
  ElementwiseTiling tiling;
  tiling.elements = elements;
  tiling.bursts = divideCeil(elements, numLanes);
  tiling.channels = std::min<uint64_t>(g.channels, tiling.bursts);
  tiling.columns =
      divideCeil(tiling.bursts, uint64_t(g.channels) * g.getBanks());
  tiling.trips = divideCeil(tiling.columns, numRegisters);
  return tiling;
}

} // namespace garam::pim
