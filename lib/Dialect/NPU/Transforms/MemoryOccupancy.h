//===- MemoryOccupancy.h - Room in a memory over commands -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYOCCUPANCY_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYOCCUPANCY_H

#include "MemoryProfile.h"

#include <functional>
#include <optional>
#include <queue>

namespace garam::npu {

/// How full a memory is over a list of commands. A buffer lives from the first
/// to the last command that touches it; whoever takes its room must also wait
/// until that last command is done.
class MemoryOccupancy {
public:
  MemoryOccupancy(size_t numCommands, int64_t capacity);

  /// A buffer of `bytes` lives from command `begin` to in front of `end`.
  void hold(size_t begin, size_t end, int64_t bytes);
  /// One is in use until `seconds`, and no later command touches it.
  void leave(double seconds, int64_t bytes);
  /// From which second on there is room for `bytes` from command `begin` to in
  /// front of `end`; nothing where there is none. Later questions are of later
  /// commands.
  std::optional<double> getRoom(size_t begin, size_t end, int64_t bytes);

private:
  using Leaving = std::pair<double, int64_t>; // when, and bytes

  size_t commandsPerEntry; // of the profile
  int64_t capacity;
  MemoryProfile profile;
  std::priority_queue<Leaving, std::vector<Leaving>, std::greater<Leaving>>
      leaving;
  int64_t leavingBytes = 0;
  double left = 0; // when what is forgotten had left
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_MEMORYOCCUPANCY_H
