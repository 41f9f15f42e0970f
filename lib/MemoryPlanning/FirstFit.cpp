//===- FirstFit.cpp - Buffers one after the other -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FirstFit.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace llvm;

namespace garam::memory {
namespace {

/// What has been placed in one memory, in order of offset.
class PlacedBuffers {
public:
  /// The lowest free offset for `buffer` from `offset` on.
  int64_t findGap(const Buffer &buffer, int64_t offset) const {
    for (const Placed &placed : all) {
      if (placed.lower >= buffer.upper || buffer.lower >= placed.upper ||
          placed.end <= offset)
        continue;
      if (placed.begin - offset >= buffer.size)
        break;
      offset = roundUpOffset(buffer, placed.end);
    }
    return offset;
  }

  void add(const Buffer &buffer, int64_t offset) {
    auto place = llvm::upper_bound(all, offset,
                                   [](int64_t offset, const Placed &placed) {
                                     return offset < placed.begin;
                                   });
    all.insert(place,
               {buffer.lower, buffer.upper, offset, offset + buffer.size});
  }

private:
  struct Placed {
    int64_t lower, upper; // lifetime
    int64_t begin, end;   // bytes
  };
  std::vector<Placed> all;
};

} // namespace

MemoryPlan planFirstFit(ArrayRef<Buffer> buffers, ArrayRef<uint32_t> order) {
  MemoryPlan plan;
  plan.offsets.resize(buffers.size());
  std::map<uint32_t, PlacedBuffers> memories;
  for (uint32_t number : order) {
    const Buffer &buffer = buffers[number];
    if (buffer.size == 0)
      continue;
    int64_t offset = 0, before;
    do { // until all its memories agree
      before = offset;
      for (uint32_t memory : buffer.memories)
        offset = memories[memory].findGap(buffer, offset);
    } while (offset != before && buffer.memories.size() > 1);
    for (uint32_t memory : buffer.memories)
      memories[memory].add(buffer, offset);
    plan.offsets[number] = offset;
    plan.height = std::max(plan.height, offset + buffer.size);
  }
  return plan;
}

} // namespace garam::memory
