//===- PlacedBuffers.h - What lies in one memory so far ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_PLACEDBUFFERS_H
#define GARAM_LIB_MEMORYPLANNING_PLACEDBUFFERS_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

namespace garam::memory {

/// The buffers that have an offset in one memory, in order of offset and of
/// time.
class PlacedBuffers {
public:
  /// `residents`: the numbers of the buffers that will lie there.
  PlacedBuffers(llvm::ArrayRef<Buffer> buffers,
                llvm::ArrayRef<uint32_t> residents);

  /// The lowest free offset for `buffer` from `offset` on. Where few of those
  /// that are placed live at the same time, in time that depends on these and
  /// on the logarithm of all.
  int64_t findGap(const Buffer &buffer, int64_t offset) const;
  void add(uint32_t number, int64_t offset);

private:
  struct Placed {
    int64_t lower, upper; // lifetime
    int64_t begin, end;   // bytes
  };

  static bool goPast(const Placed &placed, const Buffer &buffer,
                     int64_t &offset);
  bool collect(const Buffer &buffer) const;
  bool collect(const Buffer &buffer, size_t node, size_t first, size_t last,
               size_t end) const;

  llvm::ArrayRef<Buffer> buffers;
  /// In order of offset, in blocks so that little moves for a new one.
  std::vector<std::vector<Placed>> blocks;
  size_t numPlaced = 0;
  /// In order of the beginning of life: what there will be, the offsets of what
  /// is placed, and a tree over them with the latest end of life of those.
  std::vector<uint32_t> residents;
  std::vector<int64_t> offsets, latest;
  size_t numLeaves = 1;
  mutable std::vector<Placed> living; // found by collect
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_PLACEDBUFFERS_H
