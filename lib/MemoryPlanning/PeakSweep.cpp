//===- PeakSweep.cpp - Buffers from the peak outwards ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PeakSweep.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::memory {
namespace {

class Sweep {
public:
  explicit Sweep(ArrayRef<Buffer> buffers)
      : buffers(buffers), blocks(buffers.size()) {
    plan.offsets.resize(buffers.size());
  }

  template <typename Numbers>
  void stack(Numbers numbers) {
    for (uint32_t number : numbers)
      set(number, peak.append(buffers[number]), peak);
  }

  /// Places `begins`, which are in order from the peak on; before each one,
  /// those of `ends` that are over then.
  template <typename Begins, typename Ends, typename IsOver>
  void run(Begins begins, Ends ends, IsOver isOver) {
    FreeSpace space = peak;
    auto end = ends.begin();
    for (const auto &moment : begins) {
      for (; end != ends.end() && isOver(end->time, buffers[moment.buffer]);
           ++end)
        space.release(blocks[end->buffer]);
      set(moment.buffer, space.take(buffers[moment.buffer]), space);
    }
  }

  MemoryPlan finish() { return std::move(plan); }

private:
  void set(uint32_t number, FreeSpace::Block block, const FreeSpace &space) {
    blocks[number] = block;
    plan.offsets[number] = space.getOffset(block);
    plan.height =
        std::max(plan.height, plan.offsets[number] + buffers[number].size);
  }

  ArrayRef<Buffer> buffers;
  FreeSpace peak;
  std::vector<FreeSpace::Block> blocks; // of each buffer
  MemoryPlan plan;
};

} // namespace

PeakSweep::PeakSweep(ArrayRef<Buffer> buffers) : buffers(buffers) {
  for (auto [number, buffer] : enumerate(buffers)) {
    if (buffer.size == 0)
      continue;
    begins.push_back({buffer.lower, static_cast<uint32_t>(number)});
    ends.push_back({buffer.upper, static_cast<uint32_t>(number)});
  }
  auto sort = [&](std::vector<Moment> &moments, int direction) {
    llvm::sort(moments, [&](const Moment &a, const Moment &b) {
      if (a.time != b.time)
        return a.time < b.time;
      int64_t sizeA = direction * buffers[a.buffer].size;
      int64_t sizeB = direction * buffers[b.buffer].size;
      return std::tie(sizeA, a.buffer) < std::tie(sizeB, b.buffer);
    });
  };
  sort(begins, /*direction=*/-1);
  sort(ends, /*direction=*/1); // they are passed backwards
  peak = findPeak();
}

/// A beginning after which more bytes live than at any other time, or as many.
int64_t PeakSweep::findPeak() const {
  int64_t found = 0, load = 0, largest = 0;
  auto end = ends.begin();
  for (const Moment &begin : begins) {
    for (; end->time <= begin.time; ++end)
      load -= buffers[end->buffer].size;
    load += buffers[begin.buffer].size;
    if (load > largest) {
      largest = load;
      found = begin.time;
    }
  }
  return found;
}

MemoryPlan PeakSweep::run(ArrayRef<double> measures) const {
  auto takeUpToPeak = [&](ArrayRef<Moment> moments) {
    return moments.take_while(
        [&](const Moment &moment) { return moment.time <= peak; });
  };
  ArrayRef<Moment> early = takeUpToPeak(begins), ended = takeUpToPeak(ends);
  // Of the same measure in order of their numbers.
  std::vector<std::pair<double, uint32_t>> live;
  for (const Moment &begin : early)
    if (buffers[begin.buffer].upper > peak)
      live.push_back({-measures[begin.buffer], begin.buffer});
  llvm::sort(live);

  Sweep sweep(buffers);
  sweep.stack(make_second_range(live));
  sweep.run(
      ArrayRef(begins).drop_front(early.size()),
      ArrayRef(ends).drop_front(ended.size()),
      [](int64_t upper, const Buffer &begin) { return upper <= begin.lower; });
  // Backwards in time lives begin with their upper end.
  sweep.run(
      llvm::reverse(ended), llvm::reverse(early),
      [](int64_t lower, const Buffer &begin) { return lower >= begin.upper; });
  return sweep.finish();
}

} // namespace garam::memory
