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
    uint32_t buffer;
    bool operator<(const Event &other) const {
      return std::tie(time, isBegin) < std::tie(other.time, other.isBegin);
    }
  };
  std::vector<Event> events;
  events.reserve(2 * residents.size());
  for (uint32_t number : residents) {
    events.push_back({buffers[number].lower, /*isBegin=*/true, number});
    events.push_back({buffers[number].upper, /*isBegin=*/false, number});
  }
  llvm::sort(events);
  int64_t load = 0;
  uint64_t live = 0;
  for (auto [index, event] : enumerate(events)) {
    const Buffer &buffer = buffers[event.buffer];
    uint32_t section = loads.size();
    if (!event.isBegin) {
      SectionRange &range = ranges[event.buffer].back();
      range.last = section;
      numMembers += range.last - range.first;
      load -= buffer.size;
      --live;
      continue;
    }
    ranges[event.buffer].push_back({section, section});
    load += buffer.size;
    numConflicts += 2 * live++;
    if (!events[index + 1].isBegin) // all that begin end later
      loads.push_back(load);
  }
}

int64_t Sections::getMaxLoad() const {
  return loads.empty() ? 0 : *llvm::max_element(loads);
}

int64_t getMaxLoad(ArrayRef<Buffer> buffers) {
  return Sections(buffers).getMaxLoad();
}

} // namespace garam::memory
