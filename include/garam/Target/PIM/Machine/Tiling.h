//===- Tiling.h - How kernels lie in banks ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_TILING_H
#define GARAM_TARGET_PIM_MACHINE_TILING_H

#include "garam/Target/PIM/Machine/MachineDescription.h"

namespace garam::pim {

/// A matrix-vector product on a device. A walk of MAC takes 8 bursts of 16
/// inputs, a tile, which lie in even banks for even tiles and in odd banks for
/// odd ones; the last tile may be shorter.
struct GemvTiling {
  uint64_t inputs = 0, outputs = 0;
  uint64_t groups = 0;              // of 8 outputs for each unit of a channel
  uint64_t splits = 1;              // of the inputs, over channels
  uint64_t slots = 0;               // bursts of inputs in a split
  uint64_t units = 0, channels = 0; // of the device

  uint64_t getGroupOutputs() const { return units * numRegisters; }
  /// Groups that a channel works through.
  uint64_t getTurns() const;
  /// Turns in which all channels work; there may be one more.
  uint64_t getFullTurns() const;
  /// Channels that work in a turn.
  uint64_t getTurnChannels(uint64_t turn) const;
  uint64_t getTiles() const;
  /// Tiles in even (0) or odd (1) banks.
  uint64_t getTiles(unsigned parity) const;
  /// Bursts of a tile.
  uint64_t getTileSlots(uint64_t tile) const;
  /// Columns, counted on over rows, that a bank has for the weights of a turn,
  /// and for all.
  uint64_t getTurnPlaces() const;
  uint64_t getWeightPlaces() const { return getTurns() * getTurnPlaces(); }
  /// Rows of a bank with the sums behind the weights; even, for a walk begins
  /// in an even row.
  uint64_t getRows(const Geometry &geometry) const;
  /// Bursts of all weights.
  uint64_t getWeightBursts() const;
};

/// With the inputs cut into `splits` parts.
GemvTiling tileGemv(const MachineDescription &machine, uint64_t inputs,
                    uint64_t outputs, uint64_t splits);
/// With as many parts as the cost model likes best.
GemvTiling tileGemv(const MachineDescription &machine, uint64_t inputs,
                    uint64_t outputs);

/// Elements over channels, banks and columns, as addresses of the vendor's
/// kernels are.
struct ElementwiseTiling {
  uint64_t elements = 0;
  uint64_t bursts = 0;
  uint64_t channels = 0; // that have any
  uint64_t columns = 0;  // of each bank
  uint64_t trips = 0;    // of 8 columns

  uint64_t getRows(const Geometry &geometry) const; // of one operand
};

ElementwiseTiling tileElementwise(const MachineDescription &machine,
                                  uint64_t elements);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_TILING_H
