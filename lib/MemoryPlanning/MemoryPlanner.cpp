//===- MemoryPlanner.cpp - Addresses for buffers with lifetimes -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "BufferOrders.h"
#include "FirstFit.h"
#include "PeakSweep.h"
#include "ValleyDescent.h"
#include "ValleySearch.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace garam::memory {

/// The search recurses once a buffer, and a step takes time in their number.
static constexpr size_t maxSearchBuffers = 4096;
/// Sizes of problems whose skyline is worth its memory and time.
static constexpr uint64_t maxSkylineMembers = 1 << 22;
static constexpr uint64_t maxSkylineConflicts = 1 << 23;
/// Of problems whose greedy orders and first descents are made whatever the
/// time is: they take some milliseconds, and a busy machine may not give a
/// process these before the time is over.
static constexpr uint64_t maxUnhurriedConflicts = 1 << 15;

/// Steps of one run of the search in the first round. Most problems that it
/// can solve at all are solved in fewer, from one order or another.
static constexpr uint64_t stepsPerRun = 1000;

/// So that no order is met twice.
static constexpr double smallDisturbance = 0.02;

/// How far orders of later rounds are from the static ones.
static constexpr double disturbances[] = {0.1, 0.3};

/// Of the sequence 1 1 2 1 1 2 4 ..., which is within a constant factor of the
/// best restarts (Luby, Sinclair and Zuckerman, 1993).
static uint64_t getLuby(uint64_t index) {
  uint64_t number = index + 1;
  while (!isPowerOf2_64(number + 1))
    number -= (PowerOf2Ceil(number + 1) / 2) - 1;
  return (number + 1) / 2;
}

namespace {

class Planner {
public:
  Planner(ArrayRef<Buffer> buffers, const PlannerOptions &options)
      : buffers(buffers), options(options), sections(buffers),
        orders(buffers, sections) {}

  MemoryPlan plan();

private:
  bool isTimeUp() const {
    return options.deadline && !isUnhurried &&
           std::chrono::steady_clock::now() >= *options.deadline;
  }
  bool isDone() const {
    return best.height <= getWanted() || steps >= options.maxSteps ||
           isTimeUp();
  }
  int64_t getWanted() const {
    return std::max(best.lowerBound, options.capacity);
  }
  bool hasSkyline() const {
    return sections.getNumMembers() <= maxSkylineMembers &&
           sections.getNumConflicts() <= maxSkylineConflicts;
  }
  void take(MemoryPlan plan);
  void take(const Skyline &skyline);
  std::vector<uint32_t> getRanks(OrderKind kind, double disturbance);
  void planGreedily();
  void sweepOnce(const PeakSweep &sweep, OrderKind kind, double disturbance);
  void sweepOften();
  void descendOnce(Skyline &skyline, OrderKind kind, double disturbance);
  void descendOften(Skyline &skyline);
  void search(Skyline &skyline);
  void searchOnce(ValleySearch &search, Skyline &skyline, OrderKind kind,
                  uint64_t round);

  ArrayRef<Buffer> buffers;
  const PlannerOptions &options;
  Sections sections;
  BufferOrders orders;
  MemoryPlan best;
  uint64_t steps = 0;
  /// Whether what is made now is made whole when the time is over, too.
  bool isUnhurried = false;
};

} // namespace

void Planner::take(MemoryPlan plan) {
  if (!best.offsets.empty() && plan.height >= best.height)
    return;
  best.offsets = std::move(plan.offsets);
  best.height = plan.height;
}

void Planner::take(const Skyline &skyline) {
  MemoryPlan plan;
  plan.offsets = skyline.getOffsets().vec();
  for (auto [buffer, offset] : zip_equal(buffers, plan.offsets))
    plan.height = std::max(plan.height, offset + buffer.size);
  take(std::move(plan));
}

std::vector<uint32_t> Planner::getRanks(OrderKind kind, double disturbance) {
  std::vector<uint32_t> ranks(buffers.size());
  for (auto [rank, buffer] : enumerate(orders.get(kind, disturbance)))
    ranks[buffer] = rank;
  return ranks;
}

MemoryPlan Planner::plan() {
  best.lowerBound = sections.getMaxLoad();
  if (options.deadline)
    sweepOnce(PeakSweep(buffers), OrderKind::Width, /*disturbance=*/0);
  isUnhurried = buffers.size() <= maxSearchBuffers &&
                sections.getNumConflicts() <= maxUnhurriedConflicts;
  // Of very many buffers descents take little longer, and are lower.
  if (!options.deadline || buffers.size() <= maxSearchBuffers || !hasSkyline())
    planGreedily();
  if (isDone())
    return std::move(best);
  if (!hasSkyline()) {
    sweepOften();
    return std::move(best);
  }
  Skyline skyline(buffers, sections);
  if (buffers.size() <= maxSearchBuffers)
    search(skyline);
  else
    descendOften(skyline);
  return std::move(best);
}

//===----------------------------------------------------------------------===//
// First fit and sweeps
//===----------------------------------------------------------------------===//

void Planner::planGreedily() {
  for (OrderKind kind : orderKinds) {
    if (!best.offsets.empty() && (best.height <= getWanted() || isTimeUp()))
      return;
    if (std::optional<MemoryPlan> plan =
            planFirstFit(buffers, orders.get(kind), [&] { return isTimeUp(); }))
      take(std::move(*plan));
  }
}

void Planner::sweepOnce(const PeakSweep &sweep, OrderKind kind,
                        double disturbance) {
  steps += buffers.size();
  take(sweep.run(orders.getMeasures(kind, disturbance)));
}

void Planner::sweepOften() {
  PeakSweep sweep(buffers);
  while (true)
    for (OrderKind kind : orderKinds) {
      sweepOnce(sweep, kind, disturbances[0]);
      if (isDone())
        return;
    }
}

//===----------------------------------------------------------------------===//
// Valleys
//===----------------------------------------------------------------------===//

void Planner::descendOnce(Skyline &skyline, OrderKind kind,
                          double disturbance) {
  if (!descend(skyline, sections, getRanks(kind, disturbance), getWanted(),
               [&] { return isTimeUp(); }))
    return;
  steps += buffers.size();
  take(skyline);
}

void Planner::descendOften(Skyline &skyline) {
  for (double disturbance = 0;; disturbance = smallDisturbance)
    for (OrderKind kind : orderKinds) {
      descendOnce(skyline, kind, disturbance);
      if (isDone())
        return;
    }
}

/// Every other round looks halfway between the best plan and what is wanted,
/// so that there is progress when that is hard to reach.
void Planner::searchOnce(ValleySearch &search, Skyline &skyline, OrderKind kind,
                         uint64_t round) {
  int64_t target = getWanted();
  if (round % 2 != 0)
    target += (best.height - target) / 2;
  double disturbance =
      round < 2 ? 0 : disturbances[round / 2 % std::size(disturbances)];
  uint64_t maxSteps =
      std::min(stepsPerRun * getLuby(round / 2), options.maxSteps - steps);
  ValleySearch::Outcome outcome =
      search.run(target, getRanks(kind, disturbance), maxSteps,
                 [&] { return isTimeUp(); });
  steps += search.getSteps();
  if (outcome == ValleySearch::Outcome::Infeasible)
    best.lowerBound = target + 1;
  if (outcome == ValleySearch::Outcome::Found)
    take(skyline);
}

/// All orders share the best plan and the bound. A descent is cheap, and each
/// order near a static one gives another plan.
void Planner::search(Skyline &skyline) {
  for (OrderKind kind : orderKinds) {
    descendOnce(skyline, kind, /*disturbance=*/0);
    if (isDone())
      return;
  }
  isUnhurried = false;
  ValleySearch search(buffers, sections, skyline);
  for (uint64_t round = 0;; ++round)
    for (OrderKind kind : orderKinds) {
      searchOnce(search, skyline, kind, round);
      descendOnce(skyline, kind, disturbances[0]);
      if (isDone())
        return;
    }
}

Expected<MemoryPlan> planMemory(ArrayRef<Buffer> buffers,
                                const PlannerOptions &options) {
  if (Error error = checkBuffers(buffers))
    return std::move(error);
  return Planner(buffers, options).plan();
}

} // namespace garam::memory
