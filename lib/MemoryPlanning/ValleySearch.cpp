//===- ValleySearch.cpp - Branch and bound for memory plans ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ValleySearch.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::memory {

/// Steps between two looks at the clock.
static constexpr uint64_t stepsPerTimeCheck = 64;

ValleySearch::Outcome ValleySearch::run(int64_t newCapacity,
                                        ArrayRef<uint32_t> newRanks,
                                        uint64_t newMaxSteps,
                                        function_ref<bool()> newIsTimeUp) {
  skyline.reset();
  capacity = newCapacity;
  ranks = newRanks;
  maxSteps = newMaxSteps;
  isTimeUp = newIsTimeUp;
  steps = 0;
  interrupted = false;
  if (sections.getMaxLoad() > capacity)
    return Outcome::Infeasible;
  if (solve(skyline.getBuffers().vec()))
    return Outcome::Found;
  return interrupted ? Outcome::Interrupted : Outcome::Infeasible;
}

bool ValleySearch::isInterrupted() {
  interrupted |=
      ++steps > maxSteps || (steps % stepsPerTimeCheck == 0 && isTimeUp());
  return interrupted;
}

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
  size_t numChanges = skyline.getNumChanges();
  for (const auto &[number, part] : enumerate(parts)) {
    if (solve(part))
      continue;
    for (const BufferSet &solved : parts.take_front(number))
      for (uint32_t buffer : solved)
        skyline.takeBack(buffer);
    skyline.undo(numChanges);
    return false;
  }
  return true;
}

bool ValleySearch::branch(const BufferSet &unplaced) {
  if (isInterrupted())
    return false;
  uint32_t valley = findValley(unplaced);
  SmallVector<uint32_t> candidates = skyline.listCandidates(valley, ranks);
  for (auto [number, candidate] : enumerate(candidates)) {
    bool isRepeated = any_of(ArrayRef(candidates).take_front(number),
                             [&, candidate = candidate](uint32_t earlier) {
                               return areEqual(earlier, candidate);
                             });
    if (isRepeated)
      continue;
    if (tryBuffer(candidate, unplaced))
      return true;
    if (interrupted)
      return false;
  }
  return tryNone(candidates, valley, unplaced);
}

bool ValleySearch::tryBuffer(uint32_t buffer, const BufferSet &unplaced) {
  size_t numChanges = skyline.getNumChanges();
  if (skyline.place(buffer, capacity)) {
    BufferSet rest;
    rest.reserve(unplaced.size() - 1);
    llvm::copy_if(unplaced, std::back_inserter(rest),
                  [&](uint32_t other) { return other != buffer; });
    if (solve(rest))
      return true;
  }
  skyline.takeBack(buffer);
  skyline.undo(numChanges);
  return false;
}

bool ValleySearch::tryNone(ArrayRef<uint32_t> candidates, uint32_t valley,
                           const BufferSet &unplaced) {
  size_t numChanges = skyline.getNumChanges();
  int64_t floor = skyline.getFloor(valley);
  if (skyline.lift(candidates, capacity) && skyline.getFloor(valley) > floor &&
      branch(unplaced))
    return true;
  skyline.undo(numChanges);
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
  int64_t floor = Skyline::noOffset;
  for (uint32_t buffer : unplaced)
    floor = std::min(floor, skyline.getLowestOffset(buffer));
  uint32_t best = sections.size();
  for (uint32_t buffer : unplaced)
    if (skyline.getLowestOffset(buffer) == floor)
      skyline.forEachSection(buffer, [&](uint32_t section) {
        if (best == sections.size() ||
            skyline.getUnplacedBytes(section) > skyline.getUnplacedBytes(best))
          best = section;
      });
  return best;
}

bool ValleySearch::areEqual(uint32_t first, uint32_t second) const {
  const Buffer &a = buffers[first], &b = buffers[second];
  return a.size == b.size && a.alignment == b.alignment &&
         a.bankSize == b.bankSize &&
         sections.getRanges(first) == sections.getRanges(second);
}

} // namespace garam::memory
