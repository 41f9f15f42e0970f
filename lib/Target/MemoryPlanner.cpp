//===- MemoryPlanner.cpp - Addresses of buffers ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/MemoryPlanner.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <iterator>

namespace garam {

/// A buffer without elements takes a place too: it has an address.
uint64_t MemoryPlanner::getPlannedSize(uint64_t size) const {
  return llvm::alignTo(std::max<uint64_t>(size, 1), alignment);
}

uint64_t MemoryPlanner::allocate(uint64_t size) {
  size = getPlannedSize(size);
  auto best = gaps.end();
  for (auto gap = gaps.begin(); gap != gaps.end(); ++gap)
    if (gap->second >= size &&
        (best == gaps.end() || gap->second < best->second))
      best = gap;
  if (best == gaps.end()) {
    uint64_t offset = end;
    end += size;
    return offset;
  }
  auto [offset, room] = *best;
  gaps.erase(best);
  if (room > size)
    gaps[offset + size] = room - size;
  return offset;
}

void MemoryPlanner::release(uint64_t offset, uint64_t size) {
  auto gap = gaps.emplace(offset, getPlannedSize(size)).first;
  auto next = std::next(gap);
  if (next != gaps.end() && gap->first + gap->second == next->first) {
    gap->second += next->second;
    gaps.erase(next);
  }
  if (gap == gaps.begin())
    return;
  auto previous = std::prev(gap);
  if (previous->first + previous->second == gap->first) {
    previous->second += gap->second;
    gaps.erase(gap);
  }
}

} // namespace garam
