//===- Skyline.cpp - Buffers that are placed from the bottom up -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Skyline.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::memory {

Skyline::Skyline(ArrayRef<Buffer> buffers, const Sections &sections)
    : buffers(buffers), sections(sections), members(sections.size()),
      conflicts(buffers.size()), isTouched(sections.size()) {
  for (uint32_t buffer = 0; buffer < buffers.size(); ++buffer) {
    if (buffers[buffer].size == 0)
      continue;
    all.push_back(buffer);
    forEachSection(
        buffer, [&](uint32_t section) { members[section].push_back(buffer); });
  }
  llvm::stable_sort(all, [&](uint32_t a, uint32_t b) {
    return sections.getRanges(a).front().first <
           sections.getRanges(b).front().first;
  });
  // Which buffer a conflict was noted for last.
  std::vector<uint32_t> lastSeen(buffers.size(), buffers.size());
  for (uint32_t buffer : all) {
    lastSeen[buffer] = buffer;
    forEachSection(buffer, [&](uint32_t section) {
      for (uint32_t other : members[section])
        if (std::exchange(lastSeen[other], buffer) != buffer)
          conflicts[buffer].push_back(other);
    });
  }
}

void Skyline::reset() {
  offsets.assign(buffers.size(), 0);
  lowestOffsets.assign(buffers.size(), 0);
  floors.assign(sections.size(), 0);
  changes.clear();
  unplacedBytes.resize(sections.size());
  for (uint32_t section = 0; section < sections.size(); ++section)
    unplacedBytes[section] = sections.getLoad(section);
}

SmallVector<uint32_t> Skyline::listCandidates(uint32_t valley,
                                              ArrayRef<uint32_t> ranks) const {
  SmallVector<uint32_t> candidates;
  for (uint32_t buffer : members[valley])
    if (lowestOffsets[buffer] == floors[valley])
      candidates.push_back(buffer);
  llvm::sort(candidates,
             [&](uint32_t a, uint32_t b) { return ranks[a] < ranks[b]; });
  return candidates;
}

bool Skyline::place(uint32_t buffer, int64_t capacity) {
  offsets[buffer] = lowestOffsets[buffer];
  int64_t end = offsets[buffer] + buffers[buffer].size;
  forEachSection(buffer, [&](uint32_t section) {
    unplacedBytes[section] -= buffers[buffer].size;
  });
  setLowestOffset(buffer, noOffset);
  for (uint32_t other : conflicts[buffer])
    if (lowestOffsets[other] < end)
      setLowestOffset(other, roundUpOffset(buffers[other], end));
  return updateFloors(capacity) && end <= capacity;
}

bool Skyline::lift(ArrayRef<uint32_t> candidates, int64_t capacity) {
  bool fits = true;
  for (uint32_t candidate : candidates) {
    int64_t lowest = noOffset;
    for (uint32_t other : conflicts[candidate])
      lowest = std::min(lowest, lowestOffsets[other] + buffers[other].size);
    fits = lowest <= capacity;
    if (!fits)
      break;
    setLowestOffset(candidate, roundUpOffset(buffers[candidate], lowest));
  }
  return updateFloors(capacity) && fits;
}

void Skyline::takeBack(uint32_t buffer) {
  forEachSection(buffer, [&](uint32_t section) {
    unplacedBytes[section] += buffers[buffer].size;
  });
}

void Skyline::undo(size_t numChanges) {
  while (changes.size() > numChanges) {
    Change change = changes.back();
    changes.pop_back();
    (change.isSection ? floors : lowestOffsets)[change.number] = change.value;
  }
}

/// The floor of sections in which `buffer` was lowest may rise too.
void Skyline::setLowestOffset(uint32_t buffer, int64_t offset) {
  int64_t before = std::exchange(lowestOffsets[buffer], offset);
  changes.push_back({buffer, /*isSection=*/false, before});
  forEachSection(buffer, [&](uint32_t section) {
    if (floors[section] == before && !std::exchange(isTouched[section], true))
      touched.push_back(section);
  });
}

/// False, and not all floors are up to date, when what a section still has to
/// hold does not fit above its floor.
bool Skyline::updateFloors(int64_t capacity) {
  bool fits = true;
  for (uint32_t section : touched) {
    isTouched[section] = false;
    if (!fits)
      continue;
    int64_t floor = noOffset;
    for (uint32_t buffer : members[section])
      floor = std::min(floor, lowestOffsets[buffer]);
    changes.push_back({section, /*isSection=*/true, floors[section]});
    floors[section] = floor;
    fits = unplacedBytes[section] == 0 ||
           unplacedBytes[section] <= capacity - floor;
  }
  touched.clear();
  return fits;
}

} // namespace garam::memory
