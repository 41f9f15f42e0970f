//===- DeviceProgram.cpp - What compiling for a device gives --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceProgram.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

#include <tuple>

namespace garam {

llvm::StringRef getName(MemoryRole role) {
  static constexpr llvm::StringLiteral names[numMemoryRoles] = {
      "constant", "parameter", "state", "input", "output", "scratch"};
  return names[static_cast<unsigned>(role)];
}

/// Sorts ranges of one kind and joins those that touch.
static std::vector<ResidentRange> join(std::vector<ResidentRange> ranges) {
  llvm::sort(ranges, [](const ResidentRange &a, const ResidentRange &b) {
    return std::tie(a.resource, a.begin) < std::tie(b.resource, b.begin);
  });
  std::vector<ResidentRange> joined;
  for (ResidentRange &range : ranges)
    if (!joined.empty() && joined.back().resource == range.resource &&
        range.begin <= joined.back().end)
      joined.back().end = std::max(joined.back().end, range.end);
    else
      joined.push_back(std::move(range));
  return joined;
}

/// What of `ranges` none of `others` has; both are joined.
static std::vector<ResidentRange>
subtract(llvm::ArrayRef<ResidentRange> ranges,
         llvm::ArrayRef<ResidentRange> others) {
  std::vector<ResidentRange> rest;
  for (ResidentRange range : ranges) {
    while (!others.empty() &&
           std::tie(others.front().resource, others.front().end) <=
               std::tie(range.resource, range.begin))
      others = others.drop_front();
    for (const ResidentRange &other : others) {
      if (other.resource != range.resource || other.begin >= range.end)
        break;
      if (other.begin > range.begin) {
        rest.push_back(range);
        rest.back().end = other.begin;
      }
      range.begin = std::min(other.end, range.end);
    }
    if (range.begin < range.end)
      rest.push_back(range);
  }
  return rest;
}

void normalize(std::vector<ResidentRange> &ranges) {
  std::vector<ResidentRange> own, shared;
  for (ResidentRange &range : ranges)
    (range.isShared ? shared : own).push_back(std::move(range));
  own = join(std::move(own));
  shared = subtract(join(std::move(shared)), own);
  ranges = std::move(own);
  ranges.insert(ranges.end(), shared.begin(), shared.end());
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
