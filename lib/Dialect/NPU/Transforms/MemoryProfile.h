//===- MemoryProfile.h - Bytes in use over a list of commands ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYPROFILE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYPROFILE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace garam::npu {

/// How many bytes of one memory are in use at each of a number of positions. A
/// segment tree: both operations take time in the logarithm of that number.
class MemoryProfile {
public:
  explicit MemoryProfile(size_t numPositions);

  /// Positions `begin` to `end` - 1 hold `bytes` more.
  void add(size_t begin, size_t end, int64_t bytes);
  /// The most bytes at one of the positions `begin` to `end` - 1; 0 when there
  /// is none.
  int64_t getPeak(size_t begin, size_t end) const;

private:
  /// What all positions below a node have in common, and the largest of what
  /// its children add to that.
  struct Node {
    int64_t common = 0, peak = 0;
  };

  void add(size_t node, size_t low, size_t high, size_t begin, size_t end,
           int64_t bytes);
  int64_t getPeak(size_t node, size_t low, size_t high, size_t begin,
                  size_t end) const;

  size_t size = 1;         // a power of two
  std::vector<Node> nodes; // the root is 1, the children of n 2n and 2n + 1
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYPROFILE_H
