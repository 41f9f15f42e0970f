//===- Checks.cpp - Whether problems and plans are right ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>
#include <map>

using namespace llvm;

namespace garam::memory {

static Error checkBuffer(const Buffer &buffer, size_t number) {
  auto makeError = [&](const Twine &message) {
    return createStringError("buffer " + Twine(number) + " " + message);
  };
  if (buffer.lower >= buffer.upper)
    return makeError("lives from " + Twine(buffer.lower) + " until before " +
                     Twine(buffer.upper) + ", which is no time");
  if (buffer.size < 0)
    return makeError("has " + Twine(buffer.size) + " bytes");
  if (buffer.alignment <= 0)
    return makeError("has an alignment of " + Twine(buffer.alignment));
  if (buffer.bankSize < 0 ||
      (buffer.bankSize > 0 && (buffer.bankSize < buffer.size ||
                               buffer.bankSize % buffer.alignment != 0)))
    return makeError("of " + Twine(buffer.size) + " bytes, aligned to " +
                     Twine(buffer.alignment) + ", does not fit a bank of " +
                     Twine(buffer.bankSize));
  if (buffer.memories.empty())
    return makeError("lies in no memory");
  return Error::success();
}

/// Each buffer is right, and no sum that a plan may reach overflows.
Error checkBuffers(ArrayRef<Buffer> buffers) {
  // All buffers side by side, each with the most that rounding up adds.
  constexpr int64_t maxBytes = std::numeric_limits<int64_t>::max() / 4;
  int64_t bytes = 0;
  for (const auto &[number, buffer] : enumerate(buffers)) {
    if (Error error = checkBuffer(buffer, number))
      return error;
    for (int64_t part : {buffer.size, buffer.alignment, buffer.bankSize}) {
      if (part > maxBytes - bytes)
        return createStringError("the buffers are too large to add up");
      bytes += part;
    }
  }
  return Error::success();
}

Error checkPlan(ArrayRef<Buffer> buffers, ArrayRef<int64_t> offsets) {
  if (offsets.size() != buffers.size())
    return createStringError("the plan has " + Twine(offsets.size()) +
                             " offsets for " + Twine(buffers.size()) +
                             " buffers");
  struct Event {
    int64_t time;
    bool isBegin; // ends come first
    uint32_t buffer;
    bool operator<(const Event &other) const {
      return std::tie(time, isBegin, buffer) <
             std::tie(other.time, other.isBegin, other.buffer);
    }
  };
  std::map<uint32_t, std::vector<Event>> events; // of each memory
  for (auto [number, buffer] : enumerate(buffers)) {
    if (offsets[number] < 0 ||
        roundUpOffset(buffer, offsets[number]) != offsets[number])
      return createStringError("buffer " + Twine(number) + " cannot begin at " +
                               Twine(offsets[number]));
    for (uint32_t memory : buffer.memories)
      if (buffer.size > 0)
        for (bool isBegin : {false, true})
          events[memory].push_back({isBegin ? buffer.lower : buffer.upper,
                                    isBegin, static_cast<uint32_t>(number)});
  }
  for (auto &[memory, list] : events) {
    llvm::sort(list);
    std::map<int64_t, uint32_t> live; // by offset
    for (const Event &event : list) {
      int64_t begin = offsets[event.buffer];
      if (!event.isBegin) {
        live.erase(begin);
        continue;
      }
      auto above = live.lower_bound(begin);
      auto fail = [&](uint32_t other) {
        return createStringError("buffers " + Twine(other) + " and " +
                                 Twine(event.buffer) + " overlap");
      };
      if (above != live.end() &&
          above->first < begin + buffers[event.buffer].size)
        return fail(above->second);
      if (above != live.begin()) {
        auto below = std::prev(above);
        if (below->first + buffers[below->second].size > begin)
          return fail(below->second);
      }
      live[begin] = event.buffer;
    }
  }
  return Error::success();
}

} // namespace garam::memory
