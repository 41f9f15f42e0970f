//===- ByteRegion.cpp - Bytes that an operand touches ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/ByteRegion.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>
#include <tuple>

using namespace garam::npu;
using llvm::ArrayRef;
using Dim = ByteRegion::Dim;

namespace {

/// Steps of a search in a region after which it gives up.
constexpr unsigned maxSearchSteps = 100000;
/// Combinations of indices that a guard's reach is computed from exactly.
constexpr uint64_t maxGuardCombinations = 4096;

/// Searches an offset among the sums of a region's dimensions.
class Search {
public:
  explicit Search(const ByteRegion &region) : region(region) {
    reach.assign(region.dims.size() + 1, region.width - 1);
    divisor.assign(region.dims.size() + 1, 0);
    for (unsigned i = region.dims.size(); i-- > 0;) {
      const Dim &dim = region.dims[i];
      reach[i] = reach[i + 1] + dim.stride * (dim.count - 1);
      divisor[i] = std::gcd(divisor[i + 1], dim.stride);
    }
  }

  /// Whether `rest` is a sum of multiples of the strides from `level` on and of
  /// a number below the width.
  bool find(int64_t rest, unsigned level = 0) {
    if (rest < 0 || rest > reach[level])
      return false;
    if (level == region.dims.size())
      return true;
    // Sums are multiples of the strides' common divisor.
    if (rest % divisor[level] >= region.width || ++steps > maxSearchSteps)
      return steps > maxSearchSteps;
    const Dim &dim = region.dims[level];
    int64_t last = std::min(rest / dim.stride, dim.count - 1);
    int64_t first = rest <= reach[level + 1]
                        ? 0
                        : llvm::divideCeil(rest - reach[level + 1], dim.stride);
    for (int64_t i = last; i >= first; --i)
      if (find(rest - i * dim.stride, level + 1))
        return true;
    return false;
  }

private:
  const ByteRegion &region;
  /// Of the dimensions from a level on: their largest sum, the width included,
  /// and their strides' greatest common divisor.
  llvm::SmallVector<int64_t, 16> reach, divisor;
  unsigned steps = 0;
};

struct IndexRange {
  int64_t low, high;
  bool empty() const { return low > high; }
};

/// The walk of one descriptor, clipped by its guards step by step.
class ClippedWalk {
public:
  ClippedWalk(const Descriptor &descriptor, ArrayRef<uint32_t> sizes,
              const LoopIndices &indices)
      : descriptor(descriptor) {
    for (uint32_t size : sizes)
      ranges.push_back({0, int64_t(size) - 1});
    for (const Guard &guard : descriptor.guards) {
      int64_t start = guard.start;
      for (unsigned depth = 0; depth < maxLoopDepth; ++depth)
        start += int64_t(guard.loopStrides[depth]) * indices[depth];
      starts.push_back(start);
    }
  }

  /// The region of the walk from `base`.
  ByteRegion getRegion(int64_t base, int64_t width,
                       llvm::SmallVectorImpl<Dim> &dims);

private:
  /// Coordinates that `guard` sees, of dimensions other than `without`.
  IndexRange getCoordinates(unsigned guard, int without = -1) const;
  /// Dimensions that move the coordinate of `guard`.
  llvm::SmallVector<unsigned, maxDims> getDims(unsigned guard) const;
  bool clip(unsigned guard);
  bool isActive(unsigned guard) const;
  bool canMerge(unsigned guard, ArrayRef<unsigned> dims) const;
  IndexRange getReached(unsigned guard, ArrayRef<unsigned> dims) const;

  const Descriptor &descriptor;
  llvm::SmallVector<IndexRange, maxDims> ranges;
  llvm::SmallVector<int64_t, maxGuards> starts;
};

IndexRange ClippedWalk::getCoordinates(unsigned guard, int without) const {
  IndexRange result = {starts[guard], starts[guard]};
  for (auto [d, range] : llvm::enumerate(ranges)) {
    if (int(d) == without)
      continue;
    int64_t c = descriptor.guards[guard].coefficients[d];
    result.low += c * (c >= 0 ? range.low : range.high);
    result.high += c * (c >= 0 ? range.high : range.low);
  }
  return result;
}

llvm::SmallVector<unsigned, maxDims>
ClippedWalk::getDims(unsigned guard) const {
  llvm::SmallVector<unsigned, maxDims> dims;
  for (auto [d, range] : llvm::enumerate(ranges))
    if (descriptor.guards[guard].coefficients[d] != 0 && range.low < range.high)
      dims.push_back(d);
  return dims;
}

/// Indices i with 0 <= coordinates + coefficient * i < extent for some of the
/// coordinates.
IndexRange solve(IndexRange coordinates, int64_t coefficient, int64_t extent) {
  int64_t low = -coordinates.high, high = extent - 1 - coordinates.low;
  if (coefficient < 0) {
    std::swap(low, high);
    low = -low;
    high = -high;
    coefficient = -coefficient;
  }
  return {llvm::divideCeilSigned(low, coefficient),
          llvm::divideFloorSigned(high, coefficient)};
}

/// Narrows each dimension of the guard to the indices that some element inside
/// has. Returns false when no element is inside.
bool ClippedWalk::clip(unsigned guard) {
  const Guard &g = descriptor.guards[guard];
  for (auto [d, range] : llvm::enumerate(ranges)) {
    int64_t c = g.coefficients[d];
    if (c == 0)
      continue;
    IndexRange inside = solve(getCoordinates(guard, d), c, g.extent);
    range.low = std::max(range.low, inside.low);
    range.high = std::min(range.high, inside.high);
    if (range.empty())
      return false;
  }
  IndexRange all = getCoordinates(guard);
  return all.high >= 0 && all.low < int64_t(g.extent);
}

/// Whether some element of the clipped walk is still outside.
bool ClippedWalk::isActive(unsigned guard) const {
  IndexRange all = getCoordinates(guard);
  return all.low < 0 || all.high >= int64_t(descriptor.guards[guard].extent);
}

/// Whether the walk along `dims` is a walk along the guarded axis: then these
/// dimensions can be replaced by the axis. No other guard may need them.
bool ClippedWalk::canMerge(unsigned guard, ArrayRef<unsigned> dims) const {
  const Guard &g = descriptor.guards[guard];
  unsigned first = dims.front();
  for (unsigned d : dims) {
    // strides are in one proportion to the coefficients, a whole number
    if (descriptor.strides[d] % g.coefficients[d] != 0 ||
        descriptor.strides[d] / g.coefficients[d] !=
            descriptor.strides[first] / g.coefficients[first])
      return false;
    for (unsigned other = 0; other < starts.size(); ++other)
      if (other != guard && descriptor.guards[other].coefficients[d] != 0)
        return false;
  }
  return true;
}

/// Smallest and largest coordinate inside the guarded axis that is reached.
IndexRange ClippedWalk::getReached(unsigned guard,
                                   ArrayRef<unsigned> dims) const {
  const Guard &g = descriptor.guards[guard];
  auto count = [&](unsigned d) { return ranges[d].high - ranges[d].low + 1; };
  // The longest dimension is solved for, the others are tried out.
  unsigned longest = *llvm::max_element(
      dims, [&](unsigned a, unsigned b) { return count(a) < count(b); });
  uint64_t combinations = 1;
  for (unsigned d : dims)
    if (d != longest)
      combinations = llvm::SaturatingMultiply<uint64_t>(combinations, count(d));
  IndexRange all = getCoordinates(guard);
  if (combinations > maxGuardCombinations)
    return {std::max<int64_t>(all.low, 0),
            std::min<int64_t>(all.high, int64_t(g.extent) - 1)};

  IndexRange reached = {INT64_MAX, INT64_MIN};
  int64_t c = g.coefficients[longest];
  for (uint64_t n = 0; n < combinations; ++n) {
    int64_t rest = starts[guard];
    uint64_t digits = n;
    for (auto [d, range] : llvm::enumerate(ranges)) {
      if (d == longest || g.coefficients[d] == 0)
        continue;
      rest += g.coefficients[d] * (range.low + int64_t(digits % count(d)));
      digits /= count(d);
    }
    IndexRange inside = solve({rest, rest}, c, g.extent);
    inside.low = std::max(inside.low, ranges[longest].low);
    inside.high = std::min(inside.high, ranges[longest].high);
    if (inside.empty())
      continue;
    for (int64_t coordinate : {rest + c * inside.low, rest + c * inside.high}) {
      reached.low = std::min(reached.low, coordinate);
      reached.high = std::max(reached.high, coordinate);
    }
  }
  return reached;
}

ByteRegion ClippedWalk::getRegion(int64_t base, int64_t width,
                                  llvm::SmallVectorImpl<Dim> &dims) {
  for (unsigned guard = 0; guard < starts.size(); ++guard)
    if (!clip(guard))
      return {};

  llvm::SmallVector<bool, maxDims> merged(ranges.size(), false);
  for (unsigned guard = 0; guard < starts.size(); ++guard) {
    llvm::SmallVector<unsigned, maxDims> guarded = getDims(guard);
    if (guarded.empty() || !isActive(guard) || !canMerge(guard, guarded))
      continue;
    IndexRange reached = getReached(guard, guarded);
    if (reached.empty())
      return {};
    const Guard &g = descriptor.guards[guard];
    int64_t bytes = descriptor.strides[guarded[0]] / g.coefficients[guarded[0]];
    int64_t step = 0, origin = starts[guard];
    for (auto [d, range] : llvm::enumerate(ranges))
      origin += g.coefficients[d] * range.low;
    for (unsigned d : guarded) {
      step = std::gcd(step, int64_t(g.coefficients[d]));
      merged[d] = true;
      base += descriptor.strides[d] * ranges[d].low;
    }
    base += bytes * (reached.low - origin);
    dims.push_back({bytes * step, (reached.high - reached.low) / step + 1});
  }
  for (auto [d, range] : llvm::enumerate(ranges)) {
    if (merged[d])
      continue;
    base += descriptor.strides[d] * range.low;
    dims.push_back({descriptor.strides[d], range.high - range.low + 1});
  }
  return makeRegion(base, width, dims);
}

} // namespace

int64_t ByteRegion::getEnd() const {
  int64_t end = base + width;
  for (const Dim &dim : dims)
    end += dim.stride * (dim.count - 1);
  return end;
}

bool ByteRegion::contains(int64_t byte) const {
  return !empty() && Search(*this).find(byte - base);
}

ByteRegion garam::npu::makeRegion(int64_t base, int64_t width,
                                  ArrayRef<Dim> dims) {
  ByteRegion region;
  region.width = width;
  for (Dim dim : dims) {
    if (dim.count == 1 || dim.stride == 0)
      continue;
    if (dim.stride < 0) {
      base += dim.stride * (dim.count - 1);
      dim.stride = -dim.stride;
    }
    region.dims.push_back(dim);
  }
  region.base = base;

  // From small strides to large ones, join what lies together.
  llvm::sort(region.dims, [](const Dim &a, const Dim &b) {
    return std::tie(a.stride, a.count) < std::tie(b.stride, b.count);
  });
  unsigned kept = 0;
  for (Dim dim : region.dims) {
    if (kept == 0 && dim.stride <= region.width) {
      region.width += dim.stride * (dim.count - 1);
      continue;
    }
    if (kept > 0) {
      Dim &inner = region.dims[kept - 1];
      if (dim.stride % inner.stride == 0 &&
          dim.stride / inner.stride <= inner.count) {
        inner.count += dim.stride / inner.stride * (dim.count - 1);
        continue;
      }
    }
    region.dims[kept++] = dim;
  }
  region.dims.truncate(kept);
  std::reverse(region.dims.begin(), region.dims.end());
  return region;
}

bool garam::npu::overlap(const ByteRegion &a, const ByteRegion &b) {
  if (a.empty() || b.empty() || a.getBegin() >= b.getEnd() ||
      b.getBegin() >= a.getEnd())
    return false;
  if (a.dims.empty() && b.dims.empty())
    return true;
  // a meets b where the set of all differences (byte of a) - (byte of b)
  // contains 0. That set is a region itself: b mirrored adds its dimensions.
  llvm::SmallVector<Dim, 2 * maxDims> dims(a.dims.begin(), a.dims.end());
  llvm::append_range(dims, b.dims);
  int64_t base = a.base - (b.getEnd() - 1);
  return makeRegion(base, a.width + b.width - 1, dims).contains(0);
}

ByteRegion garam::npu::getRegion(const Program &program,
                                 const Descriptor &descriptor,
                                 ArrayRef<uint32_t> sizes,
                                 unsigned elementBytes,
                                 const LoopIndices &indices) {
  const Address &address = descriptor.address;
  int64_t base = address.offset;
  for (unsigned depth = 0; depth < maxLoopDepth; ++depth)
    base += address.loopStrides[depth] * indices[depth];
  llvm::SmallVector<Dim, maxDims + 1> dims;
  if (address.parameter >= 0)
    dims.push_back(
        {address.parameterStride,
         int64_t(program.parameters[address.parameter].maximum) + 1});
  return ClippedWalk(descriptor, sizes, indices)
      .getRegion(base, elementBytes, dims);
}

const ResidentBytes *garam::npu::findResident(const Program &program,
                                              MemorySpace space, uint16_t index,
                                              const ByteRegion &region) {
  // From the first range on that does not end in front of the region.
  auto found =
      llvm::partition_point(program.residents, [&](const ResidentBytes &range) {
        return std::make_tuple(range.space, range.index,
                               int64_t(range.getEnd())) <=
               std::make_tuple(space, index, region.getBegin());
      });
  for (; found != program.residents.end() && found->space == space &&
         found->index == index && int64_t(found->offset) < region.getEnd();
       ++found) {
    ByteRegion bytes{int64_t(found->offset), int64_t(found->size), {}};
    if (overlap(bytes, region))
      return &*found;
  }
  return nullptr;
}
