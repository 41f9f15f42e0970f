//===- ValleyDescent.cpp - One way down the tree of valleys ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ValleyDescent.h"

#include "llvm/ADT/STLExtras.h"

#include <queue>

using namespace llvm;

namespace garam::memory {
namespace {

/// A capacity that nothing fits is raised by this fraction.
constexpr int64_t raiseFraction = 256;

class Descent {
public:
  Descent(Skyline &skyline, const Sections &sections, ArrayRef<uint32_t> ranks,
          int64_t capacity)
      : skyline(skyline), ranks(ranks), capacity(capacity) {
    skyline.reset();
    for (uint32_t section = 0; section < sections.size(); ++section)
      addValley(section);
  }

  bool run(function_ref<bool()> isTimeUp) {
    while (std::optional<uint32_t> valley = findValley()) {
      if (isTimeUp())
        return false;
      fill(*valley);
    }
    return true;
  }

private:
  /// A section as it was at some time. Floors rise and unplaced bytes get
  /// fewer, so that what a section is now is no lower in the order.
  struct Valley {
    int64_t floor, unplacedBytes;
    uint32_t section;
    /// The lowest first; of equal ones that with the least room to spare.
    bool operator<(const Valley &other) const {
      return std::tie(other.floor, unplacedBytes, other.section) <
             std::tie(floor, other.unplacedBytes, section);
    }
  };

  void addValley(uint32_t section) {
    if (skyline.getUnplacedBytes(section) > 0)
      valleys.push({skyline.getFloor(section),
                    skyline.getUnplacedBytes(section), section});
  }

  std::optional<uint32_t> findValley() {
    while (!valleys.empty()) {
      Valley valley = valleys.top();
      if (skyline.getUnplacedBytes(valley.section) == valley.unplacedBytes &&
          skyline.getFloor(valley.section) == valley.floor)
        return valley.section;
      valleys.pop();
      addValley(valley.section);
    }
    return std::nullopt;
  }

  /// Lets a buffer begin in `valley`, or makes it no valley.
  void fill(uint32_t valley) {
    SmallVector<uint32_t> candidates = skyline.listCandidates(valley, ranks);
    while (!tryAll(candidates))
      capacity += capacity / raiseFraction + 1;
  }

  bool tryAll(ArrayRef<uint32_t> candidates) {
    size_t numChanges = skyline.getNumChanges();
    for (uint32_t candidate : candidates) {
      if (skyline.place(candidate, capacity))
        return true;
      skyline.takeBack(candidate);
      skyline.undo(numChanges);
    }
    if (skyline.lift(candidates, capacity))
      return true;
    skyline.undo(numChanges);
    return false;
  }

  Skyline &skyline;
  ArrayRef<uint32_t> ranks;
  int64_t capacity;
  std::priority_queue<Valley> valleys;
};

} // namespace

bool descend(Skyline &skyline, const Sections &sections,
             ArrayRef<uint32_t> ranks, int64_t capacity,
             function_ref<bool()> isTimeUp) {
  return Descent(skyline, sections, ranks, capacity).run(isTimeUp);
}

} // namespace garam::memory
