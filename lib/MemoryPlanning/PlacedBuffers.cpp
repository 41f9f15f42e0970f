//===- PlacedBuffers.cpp - What lies in one memory so far -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlacedBuffers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace llvm;

namespace garam::memory {

/// Placed buffers of a block at most.
static constexpr size_t maxBlockSize = 512;
/// The share of placed buffers up to which it is faster to sort those that live
/// at the same time than to pass all in order of offset.
static constexpr size_t fewOfAll = 64;
static constexpr int64_t never = std::numeric_limits<int64_t>::min();

PlacedBuffers::PlacedBuffers(ArrayRef<Buffer> buffers,
                             ArrayRef<uint32_t> numbers)
    : buffers(buffers), residents(numbers.begin(), numbers.end()),
      offsets(numbers.size(), 0) {
  llvm::sort(residents, [&](uint32_t a, uint32_t b) {
    return std::tie(buffers[a].lower, a) < std::tie(buffers[b].lower, b);
  });
  numLeaves = PowerOf2Ceil(std::max<size_t>(1, residents.size()));
  latest.assign(2 * numLeaves, never);
}

/// Moves `offset` behind a placed buffer that is in the way. False when the
/// buffer fits in front of it, and of all that lie higher.
bool PlacedBuffers::goPast(const Placed &placed, const Buffer &buffer,
                           int64_t &offset) {
  if (placed.lower >= buffer.upper || buffer.lower >= placed.upper ||
      placed.end <= offset)
    return true;
  if (placed.begin - offset >= buffer.size)
    return false;
  offset = roundUpOffset(buffer, placed.end);
  return true;
}

int64_t PlacedBuffers::findGap(const Buffer &buffer, int64_t offset) const {
  living.clear();
  if (collect(buffer)) {
    llvm::sort(living, [](const Placed &a, const Placed &b) {
      return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    for (const Placed &placed : living)
      if (!goPast(placed, buffer, offset))
        break;
    return offset;
  }
  for (const std::vector<Placed> &block : blocks)
    for (const Placed &placed : block)
      if (!goPast(placed, buffer, offset))
        return offset;
  return offset;
}

/// Finds those that live at the same time. False when they are too many.
bool PlacedBuffers::collect(const Buffer &buffer) const {
  size_t end = llvm::lower_bound(residents, buffer.upper,
                                 [&](uint32_t number, int64_t time) {
                                   return buffers[number].lower < time;
                                 }) -
               residents.begin();
  return collect(buffer, /*node=*/1, 0, numLeaves, end);
}

/// Of those under `node`, which has the leaves `first` until before `last`,
/// those in front of leaf `end`.
bool PlacedBuffers::collect(const Buffer &buffer, size_t node, size_t first,
                            size_t last, size_t end) const {
  if (first >= end || latest[node] <= buffer.lower)
    return true;
  if (last - first > 1) {
    size_t middle = (first + last) / 2;
    return collect(buffer, 2 * node, first, middle, end) &&
           collect(buffer, 2 * node + 1, middle, last, end);
  }
  if (living.size() * fewOfAll >= numPlaced)
    return false;
  const Buffer &other = buffers[residents[first]];
  living.push_back(
      {other.lower, other.upper, offsets[first], offsets[first] + other.size});
  return true;
}

void PlacedBuffers::add(uint32_t number, int64_t offset) {
  const Buffer &buffer = buffers[number];
  if (blocks.empty())
    blocks.emplace_back();
  auto isAbove = [](int64_t offset, const Placed &placed) {
    return offset < placed.begin;
  };
  // The last block that begins below, or the first.
  auto block =
      llvm::upper_bound(drop_begin(blocks), offset,
                        [&](int64_t offset, const std::vector<Placed> &block) {
                          return isAbove(offset, block.front());
                        });
  --block;
  block->insert(llvm::upper_bound(*block, offset, isAbove),
                {buffer.lower, buffer.upper, offset, offset + buffer.size});
  if (block->size() > maxBlockSize) {
    std::vector<Placed> upper(block->begin() + maxBlockSize / 2, block->end());
    block->resize(maxBlockSize / 2);
    blocks.insert(std::next(block), std::move(upper));
  }
  ++numPlaced;
  size_t leaf = llvm::lower_bound(residents, number,
                                  [&](uint32_t a, uint32_t b) {
                                    return std::tie(buffers[a].lower, a) <
                                           std::tie(buffers[b].lower, b);
                                  }) -
                residents.begin();
  offsets[leaf] = offset;
  for (size_t node = numLeaves + leaf; node > 0; node /= 2)
    latest[node] = std::max(latest[node], buffer.upper);
}

} // namespace garam::memory
