//===- MemoryPlanner.cpp - Addresses for buffers with lifetimes -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "BufferOrders.h"
#include "Checks.h"
#include "FirstFit.h"
#include "ValleySearch.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace garam::memory {

/// The search holds the conflicts of all pairs and recurses once a buffer.
static constexpr size_t maxSearchBuffers = 4096;
/// Pairs of buffers and sections, for the same reason.
static constexpr uint64_t maxSearchMembers = 1 << 20;

/// Steps of one run of the search in the first round. Most problems that it
/// can solve at all are solved in fewer, from one order or another.
static constexpr uint64_t stepsPerRun = 1000;

/// Times that first fit is repeated from one order: later ones gain little.
static constexpr unsigned reinsertions = 8;
/// So that no order is met twice.
static constexpr double reinsertDisturbance = 0.02;

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
    return options.deadline &&
           std::chrono::steady_clock::now() >= *options.deadline;
  }
  bool isDone() const {
    return best.height <= std::max(best.lowerBound, options.capacity) ||
           steps >= options.maxSteps || isTimeUp();
  }
  void take(MemoryPlan plan);
  void planGreedily();
  void reinsert();
  void search();
  int64_t getTarget(uint64_t round) const;
  void searchOnce(ValleySearch &search, int64_t target, OrderKind kind,
                  uint64_t round);

  ArrayRef<Buffer> buffers;
  const PlannerOptions &options;
  Sections sections;
  BufferOrders orders;
  MemoryPlan best;
  uint64_t steps = 0;
};

} // namespace

void Planner::take(MemoryPlan plan) {
  if (!best.offsets.empty() && plan.height >= best.height)
    return;
  best.offsets = std::move(plan.offsets);
  best.height = plan.height;
}

void Planner::planGreedily() {
  for (OrderKind kind : orderKinds) {
    take(planFirstFit(buffers, orders.get(kind)));
    if (isDone())
      return;
  }
}

MemoryPlan Planner::plan() {
  best.lowerBound = sections.getMaxLoad();
  planGreedily();
  if (isDone())
    return std::move(best);
  if (buffers.size() <= maxSearchBuffers &&
      sections.getNumMembers() <= maxSearchMembers)
    search();
  else
    reinsert();
  return std::move(best);
}

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

/// Every other round looks halfway between the best plan and what is wanted,
/// so that there is progress when that is hard to reach.
int64_t Planner::getTarget(uint64_t round) const {
  int64_t wanted = std::max(best.lowerBound, options.capacity);
  return round % 2 == 0 ? wanted : wanted + (best.height - wanted) / 2;
}

void Planner::searchOnce(ValleySearch &search, int64_t target, OrderKind kind,
                         uint64_t round) {
  double disturbance =
      round < 2 ? 0 : disturbances[round / 2 % std::size(disturbances)];
  std::vector<uint32_t> ranks(buffers.size());
  for (auto [rank, buffer] : enumerate(orders.get(kind, disturbance)))
    ranks[buffer] = rank;
  uint64_t maxSteps =
      std::min(stepsPerRun * getLuby(round / 2), options.maxSteps - steps);
  ValleySearch::Outcome outcome =
      search.run(target, ranks, maxSteps, [&] { return isTimeUp(); });
  steps += search.getSteps();
  if (outcome == ValleySearch::Outcome::Infeasible)
    best.lowerBound = target + 1;
  if (outcome != ValleySearch::Outcome::Found)
    return;
  MemoryPlan plan;
  plan.offsets = search.getOffsets().vec();
  for (auto [buffer, offset] : zip_equal(buffers, plan.offsets))
    plan.height = std::max(plan.height, offset + buffer.size);
  take(std::move(plan));
}

/// All orders share the best plan and the bound.
void Planner::search() {
  ValleySearch search(buffers, sections);
  for (uint64_t round = 0;; ++round)
    for (OrderKind kind : orderKinds) {
      if (isDone())
        return;
      searchOnce(search, getTarget(round), kind, round);
    }
}

/// First fit again and again, each time with the buffers first that ended too
/// high before: squeaky wheel optimisation (Joslin and Clements, 1999).
void Planner::reinsert() {
  while (true)
    for (OrderKind kind : orderKinds) {
      std::vector<uint32_t> order = orders.get(kind, reinsertDisturbance);
      for (unsigned i = 0; i < reinsertions; ++i) {
        MemoryPlan plan = planFirstFit(buffers, order);
        steps += buffers.size();
        auto isTooHigh = [&](uint32_t buffer) {
          return plan.offsets[buffer] + buffers[buffer].size > best.lowerBound;
        };
        std::stable_partition(order.begin(), order.end(), isTooHigh);
        take(std::move(plan));
        if (isDone())
          return;
      }
    }
}

Expected<MemoryPlan> planMemory(ArrayRef<Buffer> buffers,
                                const PlannerOptions &options) {
  if (Error error = checkBuffers(buffers))
    return std::move(error);
  return Planner(buffers, options).plan();
}

} // namespace garam::memory
