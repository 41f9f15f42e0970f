//===- DeviceProgram.cpp - What compiling for a device gives --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceProgram.h"

#include "llvm/ADT/StringMap.h"

namespace garam {

llvm::StringRef getName(MemoryRole role) {
  static constexpr llvm::StringLiteral names[numMemoryRoles] = {
      "constant", "parameter", "state", "input", "output", "scratch"};
  return names[static_cast<unsigned>(role)];
}

uint64_t getPeakOnChipBytes(llvm::ArrayRef<PlannedRegion> plan) {
  llvm::StringMap<uint64_t> peaks;
  for (const PlannedRegion &region : plan) {
    if (!region.isOnChip)
      continue;
    uint64_t &peak = peaks[region.memory];
    peak = std::max(peak, region.offset + region.size);
  }
  uint64_t sum = 0;
  for (const auto &entry : peaks)
    sum += entry.second;
  return sum;
}

} // namespace garam
