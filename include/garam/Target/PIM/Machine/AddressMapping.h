//===- AddressMapping.h - Byte addresses and places in DRAM -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_ADDRESSMAPPING_H
#define GARAM_TARGET_PIM_MACHINE_ADDRESSMAPPING_H

#include "garam/Target/PIM/Machine/MachineDescription.h"

namespace garam::pim {

/// A burst of 32 bytes.
struct Location {
  uint32_t channel = 0, rank = 0;
  uint32_t bank = 0; // group * banks of a group + bank in its group
  uint32_t row = 0, column = 0;

  bool operator==(const Location &other) const {
    return channel == other.channel && rank == other.rank &&
           bank == other.bank && row == other.row && column == other.column;
  }
};

/// The bijection between addresses and bursts that `machine` (which passes its
/// check) has.
class AddressMapping {
public:
  explicit AddressMapping(const MachineDescription &machine);

  /// Where the burst at `address` lies. Nothing when the address is not a
  /// multiple of 32 bytes or lies beyond the device.
  std::optional<Location> getLocation(uint64_t address) const;
  /// The address of a location whose parts exist.
  uint64_t getAddress(const Location &location) const;

private:
  std::vector<AddressSlice> slices;
  uint32_t banksPerGroup;
  uint64_t bytes;
};

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_ADDRESSMAPPING_H
