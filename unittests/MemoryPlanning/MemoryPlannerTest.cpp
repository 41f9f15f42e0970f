//===- MemoryPlannerTest.cpp - Tests of memory plans ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace garam::memory;

namespace {

Buffer makeBuffer(int64_t lower, int64_t upper, int64_t size) {
  Buffer buffer;
  buffer.lower = lower;
  buffer.upper = upper;
  buffer.size = size;
  return buffer;
}

std::string getFault(std::vector<Buffer> buffers) {
  llvm::Expected<MemoryPlan> plan = planMemory(buffers);
  return plan ? "" : llvm::toString(plan.takeError());
}

/// Plans and checks the plan.
MemoryPlan plan(llvm::ArrayRef<Buffer> buffers, PlannerOptions options = {}) {
  llvm::Expected<MemoryPlan> plan = planMemory(buffers, options);
  if (!plan) {
    ADD_FAILURE() << llvm::toString(plan.takeError());
    return {};
  }
  EXPECT_EQ(llvm::toString(checkPlan(buffers, plan->offsets)), "");
  int64_t height = 0;
  for (auto [buffer, offset] : llvm::zip_equal(buffers, plan->offsets))
    height = std::max(height, offset + buffer.size);
  EXPECT_EQ(plan->height, height);
  EXPECT_LE(plan->lowerBound, plan->height);
  return std::move(*plan);
}

bool areInConflict(const Buffer &a, const Buffer &b) {
  return a.lower < b.upper && b.lower < a.upper &&
         llvm::any_of(
             a.memories,
             [&](uint32_t memory) {
               return llvm::is_contained(b.memories, memory);
             });
}

/// The least height, by trying all orders: the buffers of some best plan, put
/// down in the order of their offsets, each as low as it may be, give it.
int64_t getLeastHeight(llvm::ArrayRef<Buffer> buffers) {
  auto order = llvm::to_vector(llvm::seq<size_t>(0, buffers.size()));
  int64_t least = std::numeric_limits<int64_t>::max();
  do {
    std::vector<int64_t> offsets(buffers.size(), -1);
    int64_t height = 0;
    for (size_t number : order) {
      int64_t offset = 0;
      for (size_t other : llvm::seq<size_t>(0, buffers.size()))
        if (offsets[other] >= 0 &&
            areInConflict(buffers[number], buffers[other]))
          offset = std::max(offset, offsets[other] + buffers[other].size);
      offsets[number] = roundUpOffset(buffers[number], offset);
      height = std::max(height, offsets[number] + buffers[number].size);
    }
    least = std::min(least, height);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

/// Numbers at random, the same on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : generator(seed) {}

  /// From `low` to `high`.
  int64_t get(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(generator() %
                                      static_cast<uint64_t>(high - low + 1));
  }
  /// From 0 to 1.
  double getShare() {
    return static_cast<double>(generator()) /
           static_cast<double>(generator.max());
  }

private:
  std::mt19937_64 generator;
};

std::vector<Buffer> makeSmallProblem(Random &random) {
  std::vector<Buffer> buffers;
  for (int64_t i = random.get(2, 7); i > 0; --i) {
    int64_t lower = random.get(0, 8);
    buffers.push_back(
        makeBuffer(lower, lower + random.get(1, 5), random.get(1, 9)));
  }
  return buffers;
}

/// Cuts a rectangle of `height` bytes and `width` moments into `count` ones at
/// random: a problem without slack, of known least height.
std::vector<Buffer> cutRectangle(Random &random, int64_t width, int64_t height,
                                 size_t count) {
  std::vector<Buffer> pieces{makeBuffer(0, width, height)};
  while (pieces.size() < count) {
    // The largest piece that can be cut.
    auto area = [](const Buffer &a) { return (a.upper - a.lower) * a.size; };
    auto largest =
        llvm::max_element(pieces, [&](const Buffer &a, const Buffer &b) {
          return area(a) < area(b);
        });
    Buffer rest = *largest;
    bool cutsTime = rest.size < 2 ||
                    (rest.upper - rest.lower >= 2 && random.get(0, 1) == 0);
    if (cutsTime) {
      largest->upper = rest.lower = random.get(rest.lower + 1, rest.upper - 1);
    } else {
      largest->size = random.get(1, rest.size - 1);
      rest.size -= largest->size;
    }
    pieces.push_back(rest);
  }
  return pieces;
}

TEST(MemoryPlanner, NothingToPlan) {
  EXPECT_EQ(plan({}).height, 0);
  EXPECT_EQ(plan({makeBuffer(0, 1, 0)}).height, 0);
}

/// Lifetimes are half open.
TEST(MemoryPlanner, ReusesMemory) {
  MemoryPlan result = plan({makeBuffer(0, 1, 5), makeBuffer(1, 2, 5)});
  EXPECT_EQ(result.height, 5);
  EXPECT_EQ(result.lowerBound, 5);
}

TEST(MemoryPlanner, SmallProblemsOptimally) {
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    std::vector<Buffer> buffers = makeSmallProblem(random);
    MemoryPlan result = plan(buffers);
    EXPECT_EQ(result.height, getLeastHeight(buffers)) << "problem " << i;
    EXPECT_EQ(result.lowerBound, result.height) << "problem " << i;
  }
}

TEST(MemoryPlanner, SmallProblemsWithAlignmentBanksAndMemoriesOptimally) {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    std::vector<Buffer> buffers = makeSmallProblem(random);
    for (Buffer &buffer : buffers) {
      buffer.alignment = 1 << random.get(0, 3);
      if (random.get(0, 2) == 0)
        buffer.bankSize = 16;
      uint32_t memory = random.get(0, 2);
      buffer.memories = {memory};
      if (random.get(0, 1) == 0)
        buffer.memories.push_back((memory + 1) % 3);
    }
    MemoryPlan result = plan(buffers);
    EXPECT_EQ(result.height, getLeastHeight(buffers)) << "problem " << i;
    EXPECT_EQ(result.lowerBound, result.height) << "problem " << i;
  }
}

TEST(MemoryPlanner, ProblemsWithoutSlack) {
  for (uint64_t seed : {1, 2, 3, 4, 5}) {
    Random random(seed);
    std::vector<Buffer> buffers =
        cutRectangle(random, 1 << 20, 1 << 20, /*count=*/100);
    EXPECT_EQ(getMaxLoad(buffers), 1 << 20);
    EXPECT_EQ(plan(buffers).height, 1 << 20) << "seed " << seed;
  }
}

/// No plan of 13 exists, though the load is 13: the search proves it.
TEST(MemoryPlanner, ProvesBounds) {
  std::vector<Buffer> buffers = {makeBuffer(0, 3, 4), makeBuffer(3, 9, 4),
                                 makeBuffer(0, 2, 5), makeBuffer(2, 5, 5),
                                 makeBuffer(5, 9, 5), makeBuffer(0, 5, 4),
                                 makeBuffer(6, 9, 4)};
  MemoryPlan result = plan(buffers);
  EXPECT_EQ(result.height, getLeastHeight(buffers));
  EXPECT_EQ(result.lowerBound, result.height);
}

/// A plan that fits is good enough, and found sooner.
TEST(MemoryPlanner, StopsAtCapacity) {
  Random random(6);
  std::vector<Buffer> buffers =
      cutRectangle(random, 1 << 20, 1 << 20, /*count=*/200);
  PlannerOptions options;
  options.capacity = 2 << 20;
  options.maxSteps = 1;
  EXPECT_LE(plan(buffers, options).height, options.capacity);
}

TEST(MemoryPlanner, IsDeterministic) {
  Random random(7);
  std::vector<Buffer> buffers =
      cutRectangle(random, 1 << 20, 1 << 20, /*count=*/300);
  PlannerOptions options;
  options.maxSteps = 5000;
  EXPECT_EQ(plan(buffers, options).offsets, plan(buffers, options).offsets);
}

/// Sizes of all magnitudes, lifetimes of at most `longest`.
std::vector<Buffer> makeLargeProblem(uint64_t seed, size_t count,
                                     int64_t longest) {
  Random random(seed);
  std::vector<Buffer> buffers;
  for (size_t i = 0; i < count; ++i) {
    int64_t lower = random.get(0, 100'000);
    auto size = static_cast<int64_t>(std::exp2(6 + 14 * random.getShare()));
    buffers.push_back(makeBuffer(lower, lower + random.get(1, longest), size));
  }
  return buffers;
}

double getShareOfLoad(llvm::ArrayRef<Buffer> buffers,
                      const PlannerOptions &options = {}) {
  return static_cast<double>(plan(buffers, options).height) /
         static_cast<double>(getMaxLoad(buffers));
}

/// With a deadline in the past there is a plan all the same, of any number of
/// buffers, in one memory or several: the sweep's, which keeps buffers of two
/// memories apart, too.
TEST(MemoryPlanner, Deadline) {
  PlannerOptions options;
  options.deadline = std::chrono::steady_clock::time_point();
  for (int64_t longest : {1000, 100'000}) {
    std::vector<Buffer> buffers = makeLargeProblem(8, 30'000, longest);
    EXPECT_LE(getShareOfLoad(buffers, options), 1.2);
    for (auto [number, buffer] : llvm::enumerate(buffers)) {
      buffer.alignment = 64;
      if (number % 2 != 0)
        buffer.memories = {1};
      if (number % 8 == 0)
        buffer.memories = {0, 1};
      if (number % 16 == 0)
        buffer.bankSize = 1 << 20; // as large as the largest
    }
    EXPECT_LE(getShareOfLoad(buffers, options), 2.5);
  }
}

/// Of few buffers all first fits and descents are made whatever the time is,
/// which without a deadline is what the first steps do.
TEST(MemoryPlanner, DeadlineOfSmallProblems) {
  for (uint64_t seed : {1, 2, 3}) {
    Random random(seed);
    std::vector<Buffer> buffers =
        cutRectangle(random, 1 << 20, 1 << 20, /*count=*/200);
    PlannerOptions late;
    late.deadline = std::chrono::steady_clock::time_point();
    PlannerOptions few;
    few.maxSteps = 4 * buffers.size();
    EXPECT_LE(plan(buffers, late).height, plan(buffers, few).height);
    EXPECT_LE(getShareOfLoad(buffers, late), 1.1);
  }
}

/// Too many buffers for the search: valleys give the least height.
TEST(MemoryPlanner, ManyBuffers) {
  EXPECT_LE(getShareOfLoad(makeLargeProblem(9, 6000, /*longest=*/1000)), 1.01);
}

/// Too many conflicts for valleys as well.
TEST(MemoryPlanner, ManyConflicts) {
  EXPECT_LE(getShareOfLoad(makeLargeProblem(9, 6000, /*longest=*/100'000)),
            1.05);
}

TEST(MemoryPlanner, RefusesBadProblems) {
  EXPECT_EQ(getFault({makeBuffer(3, 3, 1)}),
            "buffer 0 lives from 3 until before 3, which is no time");
  EXPECT_EQ(getFault({makeBuffer(0, 1, 1), makeBuffer(0, 1, -4)}),
            "buffer 1 has -4 bytes");
  Buffer buffer = makeBuffer(0, 1, 8);
  buffer.alignment = 0;
  EXPECT_EQ(getFault({buffer}), "buffer 0 has an alignment of 0");
  buffer.alignment = 4;
  buffer.bankSize = 6;
  EXPECT_EQ(getFault({buffer}), "buffer 0 of 8 bytes, aligned to 4, does not "
                                "fit a bank of 6");
  buffer.bankSize = 0;
  buffer.memories.clear();
  EXPECT_EQ(getFault({buffer}), "buffer 0 lies in no memory");
  EXPECT_EQ(getFault({makeBuffer(0, 1, std::numeric_limits<int64_t>::max())}),
            "the buffers are too large to add up");
}

TEST(MemoryPlanner, ChecksPlans) {
  std::vector<Buffer> buffers = {makeBuffer(0, 2, 4), makeBuffer(1, 3, 4)};
  auto getPlanFault = [&](std::vector<int64_t> offsets) {
    return llvm::toString(checkPlan(buffers, offsets));
  };
  EXPECT_EQ(getPlanFault({0, 4}), "");
  EXPECT_EQ(getPlanFault({0}), "the plan has 1 offsets for 2 buffers");
  EXPECT_EQ(getPlanFault({0, 3}), "buffers 0 and 1 overlap");
  EXPECT_EQ(getPlanFault({3, 0}), "buffers 0 and 1 overlap");
  EXPECT_EQ(getPlanFault({2, 2}), "buffers 0 and 1 overlap");
  EXPECT_EQ(getPlanFault({-4, 4}), "buffer 0 cannot begin at -4");
  buffers[1].alignment = 8;
  EXPECT_EQ(getPlanFault({0, 4}), "buffer 1 cannot begin at 4");
}

} // namespace
