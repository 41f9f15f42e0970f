//===- MemoryPlanner.h - Addresses of buffers -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_MEMORYPLANNER_H
#define GARAM_TARGET_MEMORYPLANNER_H

#include <cstdint>
#include <map>

namespace garam {

/// Gives buffers a place in one segment while they live, in the order of a
/// program's steps: the smallest gap that is large enough, else the end.
class MemoryPlanner {
public:
  /// All offsets are multiples of `alignment`, a power of two.
  explicit MemoryPlanner(uint64_t alignment) : alignment(alignment) {}

  /// The offset of a new buffer of `size` bytes.
  uint64_t allocate(uint64_t size);
  /// The end of the life of what was allocated at `offset`.
  void release(uint64_t offset, uint64_t size);
  /// Bytes of the segment.
  uint64_t getSize() const { return end; }

private:
  uint64_t getPlannedSize(uint64_t size) const;

  uint64_t alignment;
  std::map<uint64_t, uint64_t> gaps; // offset to size, none beside another
  uint64_t end = 0;
};

} // namespace garam

#endif // GARAM_TARGET_MEMORYPLANNER_H
