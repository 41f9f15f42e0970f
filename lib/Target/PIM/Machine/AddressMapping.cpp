//===- AddressMapping.cpp - Byte addresses and places in DRAM -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/AddressMapping.h"
#include "llvm/Support/MathExtras.h"

#include <array>

namespace garam::pim {

AddressMapping::AddressMapping(const MachineDescription &machine)
    : slices(machine.mapping), banksPerGroup(machine.geometry.banksPerGroup),
      bytes(machine.geometry.getBytes()) {}

std::optional<Location> AddressMapping::getLocation(uint64_t address) const {
  if (address % bytesPerBurst != 0 || address >= bytes)
    return std::nullopt;
  std::array<uint32_t, numAddressFields> values = {};
  std::array<unsigned, numAddressFields> taken = {};
  for (const AddressSlice &slice : slices) {
    unsigned field = static_cast<unsigned>(slice.field);
    uint64_t bits = address & llvm::maskTrailingOnes<uint64_t>(slice.width);
    values[field] |= static_cast<uint32_t>(bits << taken[field]);
    taken[field] += slice.width;
    address >>= slice.width;
  }
  auto value = [&](AddressField field) {
    return values[static_cast<unsigned>(field)];
  };
  return Location{value(AddressField::Channel), value(AddressField::Rank),
                  value(AddressField::BankGroup) * banksPerGroup +
                      value(AddressField::Bank),
                  value(AddressField::Row), value(AddressField::Column)};
}

uint64_t AddressMapping::getAddress(const Location &location) const {
  // In the order of AddressField.
  std::array<uint32_t, numAddressFields> values = {
      0,
      location.channel,
      location.bank % banksPerGroup,
      location.bank / banksPerGroup,
      location.column,
      location.row,
      location.rank};
  uint64_t address = 0;
  unsigned position = 0;
  for (const AddressSlice &slice : slices) {
    uint32_t &value = values[static_cast<unsigned>(slice.field)];
    uint64_t bits = value & llvm::maskTrailingOnes<uint32_t>(slice.width);
    address |= bits << position;
    position += slice.width;
    value >>= slice.width;
  }
  return address;
}

} // namespace garam::pim
