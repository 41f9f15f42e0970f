//===- RegionIndex.h - Finds regions that may share bytes -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Commands walk through a large buffer piece by piece. Whoever looks for the
// earlier accesses to the same bytes would compare each piece with all others;
// the index leaves out whole runs of accesses that lie elsewhere.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_REGIONINDEX_H
#define GARAM_TARGET_NPU_MACHINE_REGIONINDEX_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace garam::npu {

/// The ranges of bytes numbered 0, 1, 2, ... in the order in which they are
/// added. Where neighbours in this order are neighbours in memory, finding
/// those that share bytes with a range takes logarithmic time, and never more
/// than linear time.
class RegionIndex {
public:
  /// Adds the bytes [begin, end) as the next number.
  void add(int64_t begin, int64_t end) {
    size_t number = count++;
    for (unsigned level = 0;; ++level) {
      if (level == levels.size())
        levels.emplace_back();
      std::vector<Hull> &hulls = levels[level];
      if (number == hulls.size()) {
        hulls.push_back({begin, end});
        // A new level begins with the hull of all that there is.
        if (level > 0 && number == 0)
          for (const Hull &below : levels[level - 1])
            hulls[0].extend(below);
      } else {
        hulls[number].extend({begin, end});
      }
      if (hulls.size() <= 1)
        return;
      number /= fanout;
    }
  }

  /// Calls `visit` for the numbers of at least `first` whose range meets
  /// [begin, end), from the last to the first, until it returns false.
  void visit(size_t first, int64_t begin, int64_t end,
             llvm::function_ref<bool(size_t)> visit) const {
    if (first < count)
      visitBlock(levels.size() - 1, 0, first, {begin, end}, visit);
  }

private:
  struct Hull {
    int64_t begin, end;
    void extend(Hull other) {
      begin = std::min(begin, other.begin);
      end = std::max(end, other.end);
    }
    bool meets(Hull other) const {
      return begin < other.end && other.begin < end;
    }
  };
  /// Hulls of a level that one of the next level stands for.
  static constexpr size_t fanout = 16;

  /// Returns whether to go on.
  bool visitBlock(unsigned level, size_t block, size_t first, Hull range,
                  llvm::function_ref<bool(size_t)> visit) const {
    if (!levels[level][block].meets(range))
      return true;
    if (level == 0)
      return block < first || visit(block);
    size_t blocksBelow = levels[level - 1].size();
    size_t low = block * fanout;
    for (size_t i = std::min(low + fanout, blocksBelow); i-- > low;) {
      if (getLastNumber(level - 1, i) < first)
        return true;
      if (!visitBlock(level - 1, i, first, range, visit))
        return false;
    }
    return true;
  }

  /// An upper bound of the numbers under a block.
  static size_t getLastNumber(unsigned level, size_t block) {
    size_t size = 1;
    for (unsigned i = 0; i < level; ++i)
      size *= fanout;
    return block * size + size - 1;
  }

  size_t count = 0;
  /// levels[l][b]: the hull of the numbers [b * fanout^l, (b + 1) * fanout^l).
  /// The last level has one.
  llvm::SmallVector<std::vector<Hull>, 2> levels;
};

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_REGIONINDEX_H
