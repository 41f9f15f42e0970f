//===- MemoryProfile.cpp - Bytes in use over a list of commands -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemoryProfile.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace garam::npu {

MemoryProfile::MemoryProfile(size_t numPositions)
    : size(llvm::PowerOf2Ceil(std::max<size_t>(numPositions, 1))),
      nodes(2 * size) {}

void MemoryProfile::add(size_t begin, size_t end, int64_t bytes) {
  if (begin < end)
    add(1, 0, size, begin, end, bytes);
}

int64_t MemoryProfile::getPeak(size_t begin, size_t end) const {
  return begin < end ? getPeak(1, 0, size, begin, end) : 0;
}

void MemoryProfile::add(size_t node, size_t low, size_t high, size_t begin,
                        size_t end, int64_t bytes) {
  if (begin >= high || end <= low)
    return;
  if (begin <= low && high <= end) {
    nodes[node].common += bytes;
    return;
  }
  size_t middle = low + (high - low) / 2;
  add(2 * node, low, middle, begin, end, bytes);
  add(2 * node + 1, middle, high, begin, end, bytes);
  auto getTotal = [&](const Node &child) { return child.common + child.peak; };
  nodes[node].peak =
      std::max(getTotal(nodes[2 * node]), getTotal(nodes[2 * node + 1]));
}

int64_t MemoryProfile::getPeak(size_t node, size_t low, size_t high,
                               size_t begin, size_t end) const {
  if (begin >= high || end <= low)
    return 0;
  if (begin <= low && high <= end)
    return nodes[node].common + nodes[node].peak;
  size_t middle = low + (high - low) / 2;
  return nodes[node].common +
         std::max(getPeak(2 * node, low, middle, begin, end),
                  getPeak(2 * node + 1, middle, high, begin, end));
}

} // namespace garam::npu
