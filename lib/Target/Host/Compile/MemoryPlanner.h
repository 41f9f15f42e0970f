//===- MemoryPlanner.h - Addresses of buffers -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_COMPILE_MEMORYPLANNER_H
#define GARAM_LIB_TARGET_HOST_COMPILE_MEMORYPLANNER_H

#include <cstdint>
#include <map>

namespace garam::host {

/// Offsets from which every type and vector can be read without crossing a
/// cache line more than it must.
constexpr uint64_t bufferAlignment = 64;

/// Gives buffers a place in one segment while they live, in the order of a
/// program's steps: the smallest gap that is large enough, else the end.
class MemoryPlanner {
public:
  /// The offset of a new buffer of `size` bytes.
  uint64_t allocate(uint64_t size);
  /// The end of the life of what was allocated at `offset`.
  void release(uint64_t offset, uint64_t size);
  /// Bytes of the segment.
  uint64_t getSize() const { return end; }

private:
  std::map<uint64_t, uint64_t> gaps; // offset to size, none beside another
  uint64_t end = 0;
};

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_COMPILE_MEMORYPLANNER_H
