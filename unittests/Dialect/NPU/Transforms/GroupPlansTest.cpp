//===- GroupPlansTest.cpp - Plans against all plans there are -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "AllPlans.h"

#include "gtest/gtest.h"

#include <deque>
#include <random>

using namespace garam::npu;

namespace {

/// Spans of up to `longest` of `numStages` stages, each with up to `width`
/// choices for each of its ends, of loads that are drawn from `seed`.
struct RandomSpans {
  RandomSpans(unsigned numStages, unsigned longest, unsigned width,
              unsigned seed)
      : random(seed) {
    for (unsigned last = 0; last < numStages; ++last) {
      spans.emplace_back();
      for (unsigned first = last + 1; first-- > 0 && last - first < longest;)
        spans.back().push_back({first, makeChoices(last + 1 - first, width)});
    }
  }

  llvm::ArrayRef<SpanChoice> makeChoices(unsigned numStages, unsigned width) {
    std::vector<SpanChoice> &choices = lists.emplace_back();
    for (bool keepsFirst : {false, true})
      for (bool keepsLast : {false, true}) {
        unsigned count = draw(width + 1);
        // A plan of single stages there must be.
        if (numStages == 1 && !keepsFirst && !keepsLast)
          count = std::max(count, 1u);
        for (unsigned number = 0; number < count; ++number) {
          Load load{double(draw(1000 * numStages)),
                    double(draw(1000 * numStages))};
          choices.push_back({load, {keepsFirst, keepsLast}, number});
        }
      }
    return choices;
  }

  unsigned draw(unsigned end) {
    return std::uniform_int_distribution<unsigned>(0, end - 1)(random);
  }

  AllSpans spans;
  std::deque<std::vector<SpanChoice>> lists;
  std::mt19937 random;
};

/// That spans follow one another, agree on their ends and add up.
void expectPlan(const Plan &plan, unsigned numStages) {
  Load load;
  unsigned next = 0;
  bool keeps = false;
  for (const PlannedSpan &span : plan.spans) {
    EXPECT_EQ(span.first, next);
    EXPECT_EQ(span.choice->ends.keepsFirst, keeps);
    next = span.last + 1;
    keeps = span.choice->ends.keepsLast;
    load = load + span.choice->load;
  }
  EXPECT_EQ(next, numStages);
  EXPECT_EQ(load.engines, plan.load.engines);
  EXPECT_EQ(load.transfers, plan.load.transfers);
}

TEST(GroupPlansTest, NoPlanIsShorter) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    unsigned numStages = 1 + seed % 8;
    unsigned width = numStages > 6 ? 1 : 1 + seed % 3;
    RandomSpans random(numStages, /*longest=*/4, width, seed);
    PlanSearch search(random.spans);
    expectPlan(search.getBest(), numStages);
    double least = tryAllPlans(random.spans);
    EXPECT_EQ(search.getBest().load.getTime(), least) << "seed " << seed;
    EXPECT_EQ(search.getBound(), least) << "seed " << seed;
  }
}

// Loads whose sums have to be balanced: one choice loads the engines alone, the
// other one transfers.
TEST(GroupPlansTest, SumsAreBalanced) {
  const double loads[] = {9, 7, 8, 5, 6, 1};
  std::deque<std::vector<SpanChoice>> lists;
  AllSpans spans;
  for (double load : loads) {
    unsigned stage = spans.size();
    lists.push_back({{{load, 0}, {}, 0}, {{0, load}, {}, 1}});
    spans.emplace_back().push_back({stage, lists.back()});
  }
  PlanSearch search(spans);
  EXPECT_EQ(search.getBest().load.getTime(), 18);
  EXPECT_EQ(search.getBound(), 18);
}

// What is dropped for want of room shows in the bound.
TEST(GroupPlansTest, BoundSaysWhatWasDropped) {
  unsigned numOpen = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    RandomSpans random(60, /*longest=*/4, /*width=*/2, seed);
    PlanSearch exact(random.spans), thinned(random.spans, /*room=*/0);
    expectPlan(thinned.getBest(), 60);
    double time = exact.getBest().load.getTime();
    EXPECT_EQ(exact.getBound(), time);
    EXPECT_LE(thinned.getBound(), time);
    EXPECT_GE(thinned.getBest().load.getTime(), time);
    numOpen += thinned.getBound() < thinned.getBest().load.getTime();
  }
  EXPECT_GT(numOpen, 0u);
}

// An alternative has another span over the group's first stage.
TEST(GroupPlansTest, AlternativesAreOtherPlans) {
  RandomSpans random(30, /*longest=*/4, /*width=*/2, /*seed=*/1);
  PlanSearch search(random.spans);
  for (const PlannedSpan &span : search.getBest().spans) {
    auto next = search.findAlternative(span);
    ASSERT_TRUE(next);
    EXPECT_LE(next->span.first, span.first);
    EXPECT_GE(next->span.last, span.first);
    EXPECT_TRUE(next->span.choice != span.choice ||
                next->span.first != span.first || next->span.last != span.last);
    EXPECT_GE(next->load.getTime(), search.getBest().load.getTime());
  }
}

// Where there is one plan, nothing is next best.
TEST(GroupPlansTest, OnlyPlan) {
  std::vector<SpanChoice> choices = {{{3, 5}, {}, 0}};
  AllSpans spans(1);
  spans.front().push_back({0, choices});
  PlanSearch search(spans);
  EXPECT_EQ(search.getBest().load.getTime(), 5);
  EXPECT_EQ(search.getBound(), 5);
  EXPECT_FALSE(search.findAlternative(search.getBest().spans.front()));
}

} // namespace
