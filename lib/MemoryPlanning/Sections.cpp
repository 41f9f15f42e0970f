//===- Sections.cpp - Sets of buffers that live together ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Sections.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace llvm;

namespace garam::memory {

int64_t roundUpOffset(const Buffer &buffer, int64_t offset) {
  offset = alignTo(offset, buffer.alignment);
  if (buffer.bankSize > 0 &&
      offset % buffer.bankSize + buffer.size > buffer.bankSize)
    offset = alignTo(offset, buffer.bankSize); // which the alignment divides
  return offset;
}

Sections::Sections(ArrayRef<Buffer> buffers) : ranges(buffers.size()) {
  std::map<uint32_t, std::vector<uint32_t>> residents;
  for (const auto &[number, buffer] : enumerate(buffers))
    for (uint32_t memory : buffer.memories)
      residents[memory].push_back(number);
  for (const auto &[memory, numbers] : residents)
    addMemory(buffers, numbers);
}

/// The set of live buffers is largest between a beginning and the next end.
void Sections::addMemory(ArrayRef<Buffer> buffers,
                         ArrayRef<uint32_t> residents) {
  struct Event {
    int64_t time;
    bool isBegin; // ends come first
    bool operator<(const Event &other) const {
      return std::tie(time, isBegin) < std::tie(other.time, other.isBegin);
    }
  };
  std::vector<Event> events;
  for (uint32_t number : residents) {
    events.push_back({buffers[number].lower, /*isBegin=*/true});
    events.push_back({buffers[number].upper, /*isBegin=*/false});
  }
  llvm::sort(events);
  std::vector<int64_t> moments;
  for (auto [event, next] : zip(events, drop_begin(events)))
    if (event.isBegin && !next.isBegin)
      moments.push_back(event.time);

  uint32_t offset = loads.size();
  loads.resize(offset + moments.size());
  auto find = [&](int64_t time) {
    return offset + static_cast<uint32_t>(llvm::lower_bound(moments, time) -
                                          moments.begin());
  };
  std::vector<int64_t> changes(moments.size() + 1);
  std::vector<uint64_t> begins(moments.size() + 1), ends(moments.size() + 1);
  for (uint32_t number : residents) {
    const Buffer &buffer = buffers[number];
    SectionRange range{find(buffer.lower), find(buffer.upper)};
    ranges[number].push_back(range);
    numMembers += range.last - range.first;
    changes[range.first - offset] += buffer.size;
    changes[range.last - offset] -= buffer.size;
    ++begins[range.first - offset];
    ++ends[range.last - offset];
  }
  int64_t load = 0;
  uint64_t live = 0;
  for (size_t i = 0; i < moments.size(); ++i) {
    loads[offset + i] = load += changes[i];
    // Each that begins meets those that live, and those that begin with it.
    live -= ends[i];
    numConflicts += begins[i] * (2 * live + begins[i] - 1);
    live += begins[i];
  }
}

int64_t Sections::getMaxLoad() const {
  return loads.empty() ? 0 : *llvm::max_element(loads);
}

int64_t getMaxLoad(ArrayRef<Buffer> buffers) {
  return Sections(buffers).getMaxLoad();
}

} // namespace garam::memory
