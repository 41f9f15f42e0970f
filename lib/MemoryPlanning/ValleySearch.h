//===- ValleySearch.h - Branch and bound for memory plans -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Decides whether buffers fit a capacity. The search branches over which of the
// buffers that can begin in a valley of the skyline does begin there, or that
// none does. The branches exclude each other, so that no plan is met twice in
// different orders.
//
// What prunes:
// - Canonical plans: in some plan of the least height each buffer rests on
//   another or at 0. One that may not begin in its valley is therefore lifted
//   onto the lowest end of an unplaced buffer that it is in conflict with.
// - Section inference: what a section still has to hold must fit between its
//   floor and the capacity.
// - Decomposition: sets of unplaced buffers without conflicts between them are
//   solved one by one.
// - Symmetry: of equal buffers only one is tried.
//
// Canonical plans, section inference and decomposition are of MiniMalloc
// (Moffitt, ASPLOS 2023); branching over valleys takes the place of its
// monotonic floor, dynamic order and dominance, which all say in which order
// buffers need not be tried.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_VALLEYSEARCH_H
#define GARAM_LIB_MEMORYPLANNING_VALLEYSEARCH_H

#include "Skyline.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::memory {

class ValleySearch {
public:
  enum class Outcome { Found, Infeasible, Interrupted };

  ValleySearch(llvm::ArrayRef<Buffer> buffers, const Sections &sections,
               Skyline &skyline)
      : buffers(buffers), sections(sections), skyline(skyline) {}

  /// Looks for a plan of at most `capacity`, which is left in the skyline. In a
  /// valley, buffers are tried in the order of `ranks`, a permutation.
  /// Interrupted: after `maxSteps`, or when `isTimeUp`, which is asked now and
  /// then, says so.
  Outcome run(int64_t capacity, llvm::ArrayRef<uint32_t> ranks,
              uint64_t maxSteps, llvm::function_ref<bool()> isTimeUp);

  /// Of the last run.
  uint64_t getSteps() const { return steps; }

private:
  /// Unplaced buffers in order of their first section.
  using BufferSet = std::vector<uint32_t>;

  bool isInterrupted();
  bool solve(const BufferSet &unplaced);
  bool solveAll(llvm::ArrayRef<BufferSet> parts);
  bool branch(const BufferSet &unplaced);
  bool tryBuffer(uint32_t buffer, const BufferSet &unplaced);
  bool tryNone(llvm::ArrayRef<uint32_t> candidates, uint32_t valley,
               const BufferSet &unplaced);
  std::vector<BufferSet> decompose(const BufferSet &unplaced) const;
  uint32_t findValley(const BufferSet &unplaced) const;
  bool areEqual(uint32_t first, uint32_t second) const;

  llvm::ArrayRef<Buffer> buffers;
  const Sections &sections;
  Skyline &skyline;

  int64_t capacity = 0;
  llvm::ArrayRef<uint32_t> ranks;
  uint64_t maxSteps = 0, steps = 0;
  llvm::function_ref<bool()> isTimeUp;
  bool interrupted = false;
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_VALLEYSEARCH_H
