//===- AddressOwners.h - Which buffer has an address ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_ADDRESSOWNERS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_ADDRESSOWNERS_H

#include "garam/Dialect/NPU/IR/NPU.h"

#include <map>

namespace garam::npu {

/// Which buffer has which addresses of the memories, while buffers take over
/// those of others. A buffer without an address counts as at 0.
class AddressOwners {
public:
  /// Gives its addresses to `buffer`. Those that had some of them are added to
  /// `previous`, each once.
  void take(BufferOp buffer, llvm::SmallVectorImpl<BufferOp> &previous) {
    int64_t low = buffer.getOffset().value_or(0);
    int64_t high = low + std::max<int64_t>(buffer.getSize(), 1);
    auto takeOf = [&](int64_t index) {
      take(memories[{buffer.getSpace(), index}], low, high, buffer, previous);
    };
    if (std::optional<llvm::ArrayRef<int64_t>> cores = buffer.getCores())
      llvm::for_each(*cores, takeOf);
    else
      takeOf(buffer.getSegment().value_or(0));
  }

private:
  struct Range {
    int64_t high;
    BufferOp buffer;
  };
  using Ranges = std::map<int64_t, Range>; // by where they begin

  static void take(Ranges &ranges, int64_t low, int64_t high, BufferOp buffer,
                   llvm::SmallVectorImpl<BufferOp> &previous) {
    auto it = ranges.lower_bound(low);
    if (it != ranges.begin() && std::prev(it)->second.high > low)
      --it;
    while (it != ranges.end() && it->first < high) {
      auto [begin, range] = *it;
      if (range.buffer != buffer && !llvm::is_contained(previous, range.buffer))
        previous.push_back(range.buffer);
      it = ranges.erase(it);
      if (begin < low)
        ranges[begin] = {low, range.buffer};
      if (range.high > high)
        it = std::next(ranges.insert({high, range}).first);
    }
    ranges[low] = {high, buffer};
  }

  /// A core's SRAM, the shared SRAM or a segment.
  using Memory = std::pair<SpaceKind, int64_t>;
  std::map<Memory, Ranges> memories;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_ADDRESSOWNERS_H
