//===- ValleySearch.cpp - Branch and bound for memory plans ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ValleySearch.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace llvm;

namespace garam::memory {

/// Lowest offset of a placed buffer, and floor of a section that has no other.
/// Sums with sizes do not overflow.
static constexpr int64_t noOffset = std::numeric_limits<int64_t>::max() / 2;

/// Steps between two looks at the clock.
static constexpr uint64_t stepsPerTimeCheck = 64;

template <typename Visit>
void ValleySearch::forEachSection(uint32_t buffer, Visit visit) const {
  for (SectionRange range : sections.getRanges(buffer))
    for (uint32_t section = range.first; section < range.last; ++section)
      visit(section);
}

ValleySearch::ValleySearch(ArrayRef<Buffer> buffers, const Sections &sections)
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

void ValleySearch::reset(int64_t newCapacity) {
  capacity = newCapacity;
  steps = 0;
  interrupted = false;
  offsets.assign(buffers.size(), 0);
  lowestOffsets.assign(buffers.size(), 0);
  floors.assign(sections.size(), 0);
  changes.clear();
  unplacedBytes.resize(sections.size());
  for (uint32_t section = 0; section < sections.size(); ++section)
    unplacedBytes[section] = sections.getLoad(section);
}

ValleySearch::Outcome ValleySearch::run(int64_t newCapacity,
                                        ArrayRef<uint32_t> newRanks,
                                        uint64_t newMaxSteps,
                                        function_ref<bool()> newIsTimeUp) {
  reset(newCapacity);
  ranks = newRanks;
  maxSteps = newMaxSteps;
  isTimeUp = newIsTimeUp;
  if (llvm::any_of(unplacedBytes,
                   [&](int64_t load) { return load > capacity; }))
    return Outcome::Infeasible;
  if (solve(all))
    return Outcome::Found;
  return interrupted ? Outcome::Interrupted : Outcome::Infeasible;
}

bool ValleySearch::isInterrupted() {
  interrupted |=
      ++steps > maxSteps || (steps % stepsPerTimeCheck == 0 && isTimeUp());
  return interrupted;
}

//===----------------------------------------------------------------------===//
// The tree
//===----------------------------------------------------------------------===//

/// Places all of `unplaced`, or none.
bool ValleySearch::solve(const BufferSet &unplaced) {
  if (unplaced.empty())
    return true;
  std::vector<BufferSet> parts = decompose(unplaced);
  if (parts.size() == 1)
    return branch(unplaced);
  // What fails soon is cheap to know first.
  llvm::stable_sort(parts, [](const BufferSet &a, const BufferSet &b) {
    return a.size() < b.size();
  });
  return solveAll(parts);
}

bool ValleySearch::solveAll(ArrayRef<BufferSet> parts) {
  size_t numChanges = changes.size();
  for (const auto &[number, part] : enumerate(parts)) {
    if (solve(part))
      continue;
    for (const BufferSet &solved : parts.take_front(number))
      for (uint32_t buffer : solved)
        takeBack(buffer);
    undo(numChanges);
    return false;
  }
  return true;
}

bool ValleySearch::branch(const BufferSet &unplaced) {
  if (isInterrupted())
    return false;
  uint32_t valley = findValley(unplaced);
  SmallVector<uint32_t> candidates = listCandidates(valley);
  for (auto [number, candidate] : enumerate(candidates)) {
    bool isRepeated = any_of(ArrayRef(candidates).take_front(number),
                             [&, candidate = candidate](uint32_t earlier) {
                               return areEqual(earlier, candidate);
                             });
    if (isRepeated)
      continue;
    if (tryBuffer(candidate, floors[valley], unplaced))
      return true;
    if (interrupted)
      return false;
  }
  return tryNone(candidates, valley, unplaced);
}

bool ValleySearch::tryBuffer(uint32_t buffer, int64_t offset,
                             const BufferSet &unplaced) {
  size_t numChanges = changes.size();
  if (place(buffer, offset)) {
    BufferSet rest;
    rest.reserve(unplaced.size() - 1);
    llvm::copy_if(unplaced, std::back_inserter(rest),
                  [&](uint32_t other) { return other != buffer; });
    if (solve(rest))
      return true;
  }
  takeBack(buffer);
  undo(numChanges);
  return false;
}

/// No candidate begins in the valley: they rest on something, all of which is
/// yet to be placed.
bool ValleySearch::tryNone(ArrayRef<uint32_t> candidates, uint32_t valley,
                           const BufferSet &unplaced) {
  size_t numChanges = changes.size();
  int64_t floor = floors[valley];
  bool fits = true;
  for (uint32_t candidate : candidates) {
    int64_t lowest = noOffset;
    for (uint32_t other : conflicts[candidate])
      lowest = std::min(lowest, lowestOffsets[other] + buffers[other].size);
    if (lowest > capacity) {
      fits = false;
      break;
    }
    setLowestOffset(candidate, roundUpOffset(buffers[candidate], lowest));
  }
  fits &= updateSections();
  if (fits && floors[valley] > floor && branch(unplaced))
    return true;
  undo(numChanges);
  return false;
}

/// Parts of `unplaced` that have no conflicts with each other.
std::vector<ValleySearch::BufferSet>
ValleySearch::decompose(const BufferSet &unplaced) const {
  struct Span {
    SectionRange range;
    uint32_t position; // in `unplaced`
  };
  SmallVector<Span> spans;
  for (auto [position, buffer] : enumerate(unplaced))
    for (SectionRange range : sections.getRanges(buffer))
      spans.push_back({range, static_cast<uint32_t>(position)});
  // Of buffers in one memory they are in order.
  if (spans.size() > unplaced.size())
    llvm::stable_sort(spans, [](const Span &a, const Span &b) {
      return a.range.first < b.range.first;
    });
  IntEqClasses classes(unplaced.size());
  uint32_t end = 0, previous = 0;
  for (const Span &span : spans) {
    if (span.range.first < end)
      classes.join(previous, span.position);
    end = std::max(end, span.range.last);
    previous = span.position;
  }
  classes.compress();
  std::vector<BufferSet> parts(classes.getNumClasses());
  for (auto [position, buffer] : enumerate(unplaced))
    parts[classes[position]].push_back(buffer);
  return parts;
}

/// The lowest valley; of equal ones that which has the least room to spare.
uint32_t ValleySearch::findValley(const BufferSet &unplaced) const {
  int64_t floor = noOffset;
  for (uint32_t buffer : unplaced)
    floor = std::min(floor, lowestOffsets[buffer]);
  uint32_t best = sections.size();
  for (uint32_t buffer : unplaced) {
    if (lowestOffsets[buffer] != floor)
      continue;
    forEachSection(buffer, [&](uint32_t section) {
      if (best == sections.size() ||
          unplacedBytes[section] > unplacedBytes[best])
        best = section;
    });
  }
  return best;
}

SmallVector<uint32_t> ValleySearch::listCandidates(uint32_t valley) const {
  SmallVector<uint32_t> candidates;
  for (uint32_t buffer : members[valley])
    if (lowestOffsets[buffer] == floors[valley])
      candidates.push_back(buffer);
  llvm::sort(candidates,
             [&](uint32_t a, uint32_t b) { return ranks[a] < ranks[b]; });
  return candidates;
}

bool ValleySearch::areEqual(uint32_t first, uint32_t second) const {
  const Buffer &a = buffers[first], &b = buffers[second];
  return a.size == b.size && a.alignment == b.alignment &&
         a.bankSize == b.bankSize &&
         sections.getRanges(first) == sections.getRanges(second);
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

/// False when what is left cannot fit any more; the state is changed all the
/// same.
bool ValleySearch::place(uint32_t buffer, int64_t offset) {
  offsets[buffer] = offset;
  int64_t end = offset + buffers[buffer].size;
  forEachSection(buffer, [&](uint32_t section) {
    unplacedBytes[section] -= buffers[buffer].size;
  });
  setLowestOffset(buffer, noOffset);
  for (uint32_t other : conflicts[buffer])
    if (lowestOffsets[other] < end)
      setLowestOffset(other, roundUpOffset(buffers[other], end));
  return updateSections() && end <= capacity;
}

void ValleySearch::takeBack(uint32_t buffer) {
  forEachSection(buffer, [&](uint32_t section) {
    unplacedBytes[section] += buffers[buffer].size;
  });
}

/// The floor of sections in which `buffer` was lowest rises too.
void ValleySearch::setLowestOffset(uint32_t buffer, int64_t offset) {
  int64_t before = std::exchange(lowestOffsets[buffer], offset);
  changes.push_back({buffer, /*isSection=*/false, before});
  forEachSection(buffer, [&](uint32_t section) {
    if (floors[section] == before && !std::exchange(isTouched[section], true))
      touched.push_back(section);
  });
}

/// Brings the floors up to date. False when a section's buffers do not fit any
/// more.
bool ValleySearch::updateSections() {
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

/// Takes back all but the first `numChanges` changes.
void ValleySearch::undo(size_t numChanges) {
  while (changes.size() > numChanges) {
    Change change = changes.back();
    changes.pop_back();
    (change.isSection ? floors : lowestOffsets)[change.number] = change.value;
  }
}

} // namespace garam::memory
