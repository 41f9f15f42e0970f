//===- Sections.h - Sets of buffers that live together ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_SECTIONS_H
#define GARAM_LIB_MEMORYPLANNING_SECTIONS_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

namespace garam::memory {

/// Sections first to before last.
struct SectionRange {
  uint32_t first = 0, last = 0;

  bool operator==(const SectionRange &other) const {
    return first == other.first && last == other.last;
  }
};

/// The sections of a problem: moments of a memory at which a set of buffers
/// lives together that is in no larger such set of a neighbouring moment. Two
/// buffers are in conflict just when they share a section. Those of one memory
/// follow each other in order of time, so that a buffer covers one range of
/// each of its memories.
class Sections {
public:
  explicit Sections(llvm::ArrayRef<Buffer> buffers);

  uint32_t size() const { return loads.size(); }
  /// Sum of sizes of a section's buffers.
  int64_t getLoad(uint32_t section) const { return loads[section]; }
  int64_t getMaxLoad() const;
  /// The ranges that a buffer covers, in ascending order.
  llvm::ArrayRef<SectionRange> getRanges(uint32_t buffer) const {
    return ranges[buffer];
  }
  /// Pairs of a buffer and a section that it is in.
  uint64_t getNumMembers() const { return numMembers; }
  /// Ordered pairs of buffers in conflict; those that share several memories
  /// count several times.
  uint64_t getNumConflicts() const { return numConflicts; }

private:
  void addMemory(llvm::ArrayRef<Buffer> buffers,
                 llvm::ArrayRef<uint32_t> residents);

  std::vector<int64_t> loads;
  std::vector<llvm::SmallVector<SectionRange, 1>> ranges;
  uint64_t numMembers = 0, numConflicts = 0;
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_SECTIONS_H
