//===- PeakSweep.h - Buffers from the peak outwards -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_PEAKSWEEP_H
#define GARAM_LIB_MEMORYPLANNING_PEAKSWEEP_H

#include "FreeSpace.h"

namespace garam::memory {

/// Plans that are made in the order of time, as a program would take and give
/// back memory: the buffers of the moment of the largest load lie on top of
/// each other without gaps, and from there on to both ends of time a buffer
/// that begins takes a hole that is little larger. Linear in the number of
/// buffers once they are sorted. Buffers of different memories are kept apart,
/// too.
class PeakSweep {
public:
  explicit PeakSweep(llvm::ArrayRef<Buffer> buffers);

  /// Of the buffers of the peak those of the largest measure lie lowest. The
  /// plan has no lower bound.
  MemoryPlan run(llvm::ArrayRef<double> measures) const;

private:
  struct Moment {
    int64_t time;
    uint32_t buffer;
  };

  int64_t findPeak() const;

  llvm::ArrayRef<Buffer> buffers;
  // Of those of some size; the largest first of equal ones.
  std::vector<Moment> begins, ends; // in order
  int64_t peak = 0;                 // time
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_PEAKSWEEP_H
