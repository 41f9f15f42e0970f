//===- MemoryPlanner.h - Addresses for buffers with lifetimes ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Static memory planning, also known as dynamic storage allocation: buffers
// whose lifetimes are known get offsets so that no two which live at the same
// time overlap, in as little memory as possible. The problem is NP-complete.
// See docs/memory-planning.md for the method.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_MEMORYPLANNING_MEMORYPLANNER_H
#define GARAM_MEMORYPLANNING_MEMORYPLANNER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace garam::memory {

struct Buffer {
  int64_t lower = 0, upper = 0; // lives from `lower` until before `upper`
  int64_t size = 0;             // bytes
  /// The offset is a multiple of it.
  int64_t alignment = 1;
  /// Bytes of a bank: the buffer lies between two multiples of it. 0: wherever.
  int64_t bankSize = 0;
  /// In which memories it lies, at the same offset in each.
  llvm::SmallVector<uint32_t, 1> memories = {0};
};

/// The lowest offset from `offset` on where `buffer` may begin.
int64_t roundUpOffset(const Buffer &buffer, int64_t offset);

struct MemoryPlan {
  std::vector<int64_t> offsets; // of each buffer
  int64_t height = 0;           // the highest end of a buffer
  /// No plan is lower than that. `height` equals it: the plan is optimal.
  int64_t lowerBound = 0;
};

struct PlannerOptions {
  /// A plan of this height is good enough. 0: the lower the better.
  int64_t capacity = 0;
  /// Steps of the search at most; 0: greedy orders only. The plan depends on
  /// it, on nothing else.
  uint64_t maxSteps = 200'000;
  /// The search stops here as well, if given; then the plan depends on the
  /// speed of the machine.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// The largest sum of sizes of buffers that live at the same time in the same
/// memory: no plan is lower. Of buffers that checkBuffers takes.
int64_t getMaxLoad(llvm::ArrayRef<Buffer> buffers);

/// Plans `buffers`. An error when one has no lifetime, a negative size, an
/// alignment that is not positive or does not fit a bank, or when offsets
/// could overflow.
llvm::Expected<MemoryPlan> planMemory(llvm::ArrayRef<Buffer> buffers,
                                      const PlannerOptions &options = {});

/// The errors of planMemory. Without one, no sum of sizes overflows.
llvm::Error checkBuffers(llvm::ArrayRef<Buffer> buffers);

/// Two buffers overlap, or one is where it may not be: "buffers 3 and 7
/// overlap". Nothing when the plan is right.
llvm::Error checkPlan(llvm::ArrayRef<Buffer> buffers,
                      llvm::ArrayRef<int64_t> offsets);

} // namespace garam::memory

#endif // GARAM_MEMORYPLANNING_MEMORYPLANNER_H
