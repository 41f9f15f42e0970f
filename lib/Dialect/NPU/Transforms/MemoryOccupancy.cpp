//===- MemoryOccupancy.cpp - Room in a memory over commands ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "MemoryOccupancy.h"

#include "llvm/Support/MathExtras.h"

namespace garam::npu {

/// A profile has at most this many entries, of 32 bytes. In longer lists
/// neighbouring commands share one, which counts what any of them holds: by
/// that the memory seems to be full where it is not, so nothing is brought
/// ahead, and nothing waits for room either.
static constexpr size_t maxProfileEntries = size_t(1) << 20;

MemoryOccupancy::MemoryOccupancy(size_t numCommands, int64_t capacity)
    : commandsPerEntry(numCommands / maxProfileEntries + 1), capacity(capacity),
      profile(numCommands / commandsPerEntry + 1) {}

void MemoryOccupancy::hold(size_t begin, size_t end, int64_t bytes) {
  profile.add(begin / commandsPerEntry, llvm::divideCeil(end, commandsPerEntry),
              bytes);
}

void MemoryOccupancy::leave(double seconds, int64_t bytes) {
  leaving.push({seconds, bytes});
  leavingBytes += bytes;
}

std::optional<double> MemoryOccupancy::getRoom(size_t begin, size_t end,
                                               int64_t bytes) {
  size_t first = begin / commandsPerEntry;
  size_t last = std::max(end / commandsPerEntry, first + 1);
  int64_t room = capacity - bytes - profile.getPeak(first, last);
  if (room < 0)
    return std::nullopt;
  while (leavingBytes > room) {
    left = std::max(left, leaving.top().first);
    leavingBytes -= leaving.top().second;
    leaving.pop();
  }
  return left;
}

} // namespace garam::npu
