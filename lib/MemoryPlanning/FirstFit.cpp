//===- FirstFit.cpp - Buffers one after the other -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FirstFit.h"

#include "PlacedBuffers.h"
#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace llvm;

namespace garam::memory {
namespace {

/// Buffers that are placed between two looks at the clock.
constexpr size_t buffersPerLook = 64;

class FirstFit {
public:
  explicit FirstFit(ArrayRef<Buffer> buffers) : buffers(buffers) {
    plan.offsets.resize(buffers.size());
    for (auto [number, buffer] : enumerate(buffers))
      if (buffer.size > 0)
        for (uint32_t memory : buffer.memories)
          residents[memory].push_back(number);
  }

  std::optional<MemoryPlan> run(ArrayRef<uint32_t> order,
                                function_ref<bool()> isTimeUp) {
    std::map<uint32_t, PlacedBuffers> memories;
    for (const auto &[memory, numbers] : residents)
      memories.try_emplace(memory, buffers, numbers);
    for (size_t placed = 0; placed < order.size(); ++placed) {
      if (placed % buffersPerLook == 0 && isTimeUp())
        return std::nullopt;
      fit(order[placed], memories);
    }
    return std::move(plan);
  }

private:
  void fit(uint32_t number, std::map<uint32_t, PlacedBuffers> &memories) {
    const Buffer &buffer = buffers[number];
    if (buffer.size == 0)
      return;
    int64_t offset = 0, before;
    do { // until all its memories agree
      before = offset;
      for (uint32_t memory : buffer.memories)
        offset = memories.at(memory).findGap(buffer, offset);
    } while (offset != before && buffer.memories.size() > 1);
    for (uint32_t memory : buffer.memories)
      memories.at(memory).add(number, offset);
    plan.offsets[number] = offset;
    plan.height = std::max(plan.height, offset + buffer.size);
  }

  ArrayRef<Buffer> buffers;
  std::map<uint32_t, std::vector<uint32_t>> residents; // of each memory
  MemoryPlan plan;
};

} // namespace

std::optional<MemoryPlan> planFirstFit(ArrayRef<Buffer> buffers,
                                       ArrayRef<uint32_t> order,
                                       function_ref<bool()> isTimeUp) {
  return FirstFit(buffers).run(order, isTimeUp);
}

} // namespace garam::memory
