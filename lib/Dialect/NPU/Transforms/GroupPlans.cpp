//===- GroupPlans.cpp - How to cut stages into spans ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupPlans.h"

#include "llvm/ADT/STLExtras.h"

#include <tuple>

namespace garam::npu {

/// Weights that are tried at most, beside 0 and 1. They are fewer: each finds a
/// corner of the envelope, and few are next to where it is greatest.
static constexpr unsigned maxSteps = 24;
/// Sums of the same times in another order differ by less.
static constexpr double roundingPart = 1e-12;
/// Loads are whole picoseconds: what is better is better by one at least.
static constexpr double leastGain = 0.5;
/// However long a chain is, a boundary keeps so many beginnings.
static constexpr size_t leastRoom = 16;

//===----------------------------------------------------------------------===//
// The best plans for one weight
//===----------------------------------------------------------------------===//

/// Calls `use` for each span that ends with stage `last`.
template <typename FunctionT>
void PlanSearch::forEachSpan(unsigned last, FunctionT use) const {
  for (const SpanChoices &list : spans[last])
    for (const SpanChoice &choice : list.choices)
      use(PlannedSpan{list.first, last, &choice});
}

void PlanSearch::Part::improve(const Part &rest, const PlannedSpan &candidate,
                               double weight) {
  if (rest.sum == HUGE_VAL)
    return;
  Load own = rest.load + candidate.choice->load;
  if (own.getSum(weight) < sum)
    *this = {own.getSum(weight), own, candidate};
}

PlanSearch::Parts PlanSearch::findFronts(double weight) const {
  Parts parts(spans.size() + 1);
  parts[0][0].sum = 0;
  for (unsigned last = 0; last < spans.size(); ++last)
    forEachSpan(last, [&](const PlannedSpan &span) {
      SpanEnds ends = span.choice->ends;
      parts[last + 1][ends.keepsLast].improve(
          parts[span.first][ends.keepsFirst], span, weight);
    });
  return parts;
}

PlanSearch::Parts PlanSearch::findBacks(double weight) const {
  Parts parts(spans.size() + 1);
  // Nothing crosses the end, wherever it would lie.
  parts.back()[0].sum = parts.back()[1].sum = 0;
  for (unsigned last = spans.size(); last-- > 0;)
    forEachSpan(last, [&](const PlannedSpan &span) {
      SpanEnds ends = span.choice->ends;
      parts[span.first][ends.keepsFirst].improve(
          parts[last + 1][ends.keepsLast], span, weight);
    });
  return parts;
}

PlanSearch::Guide PlanSearch::makeGuide(double weight) const {
  Guide guide{weight, findFronts(weight), findBacks(weight), {}};
  guide.load = guide.backs[0][0].load;
  return guide;
}

void PlanSearch::appendFront(Plan &plan, const Parts &fronts, unsigned boundary,
                             bool keeps) const {
  size_t begin = plan.spans.size();
  while (boundary > 0) {
    const PlannedSpan &span = fronts[boundary][keeps].span;
    plan.spans.push_back(span);
    boundary = span.first;
    keeps = span.choice->ends.keepsFirst;
  }
  std::reverse(plan.spans.begin() + begin, plan.spans.end());
}

void PlanSearch::appendBack(Plan &plan, const Parts &backs, unsigned boundary,
                            bool keeps) const {
  while (boundary < spans.size()) {
    const PlannedSpan &span = backs[boundary][keeps].span;
    plan.spans.push_back(span);
    boundary = span.last + 1;
    keeps = span.choice->ends.keepsLast;
  }
}

//===----------------------------------------------------------------------===//
// The bound
//===----------------------------------------------------------------------===//

/// Finds the greatest bound, and guides for its weight and those next to it.
void PlanSearch::findBound() {
  auto add = [&](const Guide &guide) {
    bound = std::max(bound, guide.load.getSum(guide.weight));
    bool isNew = llvm::none_of(guides, [&](const Guide &other) {
      return other.weight == guide.weight;
    });
    if (isNew)
      guides.push_back(guide);
  };
  // The ends first: what is bound by one of the two alone.
  Guide low = makeGuide(0), high = makeGuide(1);
  add(low);
  add(high);
  for (unsigned step = 0; step < maxSteps; ++step) {
    double left = low.load.transfers - low.load.engines;
    double right = high.load.transfers - high.load.engines;
    if (left <= 0 || right >= 0)
      return;
    // Where the lines of the two meet.
    double weight = (high.load.engines - low.load.engines) / (left - right);
    double sum = low.load.getSum(weight);
    Guide found = makeGuide(weight);
    if (found.load.getSum(weight) >= sum * (1 - roundingPart)) {
      add(found);
      break;
    }
    (found.load.transfers > found.load.engines ? low : high) = std::move(found);
  }
  add(low);
  add(high);
}

/// Takes the best of the plans that begin like one guide's and end like
/// another's; where they are the same, its own.
void PlanSearch::joinGuides() {
  double time = HUGE_VAL;
  const Guide *frontGuide = nullptr, *backGuide = nullptr;
  unsigned bestBoundary = 0;
  bool bestKeeps = false;
  for (const Guide &front : guides)
    for (const Guide &back : guides)
      for (unsigned boundary = 0; boundary <= spans.size(); ++boundary)
        for (bool keeps : {false, true}) {
          const Part &first = front.fronts[boundary][keeps];
          const Part &second = back.backs[boundary][keeps];
          if (first.sum == HUGE_VAL || second.sum == HUGE_VAL)
            continue;
          Load load = first.load + second.load;
          if (load.getTime() >= time)
            continue;
          time = load.getTime();
          best.load = load;
          frontGuide = &front;
          backGuide = &back;
          bestBoundary = boundary;
          bestKeeps = keeps;
        }
  appendFront(best, frontGuide->fronts, bestBoundary, bestKeeps);
  appendBack(best, backGuide->backs, bestBoundary, bestKeeps);
}

//===----------------------------------------------------------------------===//
// What the bound leaves open
//===----------------------------------------------------------------------===//

/// No plan with a beginning of this load takes less.
double PlanSearch::getBound(const Load &load, unsigned boundary,
                            bool keeps) const {
  double least = 0;
  for (const Guide &guide : guides)
    least = std::max(least, load.getSum(guide.weight) +
                                guide.backs[boundary][keeps].sum);
  return least;
}

/// Whether what takes `least` cannot be better than the best plan.
bool PlanSearch::isWorse(double least) const {
  return least > best.load.getTime() - leastGain;
}

/// Drops what is beaten and what cannot become better than the best plan.
void PlanSearch::dropBeaten(Beginnings &found, unsigned boundary,
                            bool keeps) const {
  auto getKey = [](const Beginning &beginning) {
    return std::tuple(beginning.load.engines, beginning.load.transfers,
                      beginning.span.first, beginning.span.choice->slicing,
                      beginning.before);
  };
  llvm::sort(found, [&](const Beginning &a, const Beginning &b) {
    return getKey(a) < getKey(b);
  });
  double leastTransfers = HUGE_VAL;
  llvm::erase_if(found, [&](const Beginning &beginning) {
    if (beginning.load.transfers >= leastTransfers ||
        isWorse(getBound(beginning.load, boundary, keeps)))
      return true;
    leastTransfers = beginning.load.transfers;
    return false;
  });
}

/// Of more beginnings than there is room for, keeps one in each part of them,
/// so that all relations of engines to transfers stay.
void PlanSearch::thin(Beginnings &found, unsigned boundary, bool keeps) {
  if (found.size() <= room)
    return;
  Beginnings thinned;
  for (size_t part = 0; part < room; ++part) {
    size_t begin = part * found.size() / room;
    size_t end = (part + 1) * found.size() / room;
    auto getLeast = [&](size_t number) {
      return getBound(found[number].load, boundary, keeps);
    };
    size_t best = begin;
    for (size_t number = begin; number < end; ++number)
      if (getLeast(number) < getLeast(best))
        best = number;
    for (size_t number = begin; number < end; ++number)
      if (number != best)
        droppedBound = std::min(droppedBound, getLeast(number));
    thinned.push_back(found[best]);
  }
  found = std::move(thinned);
}

/// Finds the beginnings that end with stage `last`.
void PlanSearch::extend(BeginningsAt &beginnings, unsigned last) {
  std::array<Beginnings, 2> &found = beginnings[last + 1];
  std::array<size_t, 2> limits = {2 * room, 2 * room};
  forEachSpan(last, [&](const PlannedSpan &span) {
    auto [keepsFirst, keepsLast] = span.choice->ends;
    const Load &own = span.choice->load;
    // Whatever is in front of it and behind it.
    for (const Guide &guide : guides)
      if (isWorse(guide.fronts[span.first][keepsFirst].sum +
                  own.getSum(guide.weight) +
                  guide.backs[last + 1][keepsLast].sum))
        return;
    Beginnings &target = found[keepsLast];
    for (auto [number, rest] :
         llvm::enumerate(beginnings[span.first][keepsFirst])) {
      Load load = rest.load + own;
      if (!isWorse(getBound(load, last + 1, keepsLast)))
        target.push_back({load, static_cast<unsigned>(number), span});
    }
    if (target.size() < limits[keepsLast])
      return;
    dropBeaten(target, last + 1, keepsLast);
    limits[keepsLast] = 2 * std::max(room, target.size());
  });
  for (bool keeps : {false, true}) {
    dropBeaten(found[keeps], last + 1, keeps);
    thin(found[keeps], last + 1, keeps);
  }
}

/// Looks for the best plan among those that begin as kept and end like one of a
/// guide's.
void PlanSearch::tryEnds(const BeginningsAt &beginnings, unsigned boundary,
                         bool keeps) {
  for (auto [number, beginning] : llvm::enumerate(beginnings[boundary][keeps]))
    for (const Guide &guide : guides) {
      const Part &back = guide.backs[boundary][keeps];
      if (back.sum == HUGE_VAL)
        continue;
      Load load = beginning.load + back.load;
      if (load.getTime() >= best.load.getTime())
        continue;
      best.load = load;
      bestJoint = {&guide, boundary, keeps, static_cast<unsigned>(number)};
    }
}

void PlanSearch::findExact() {
  BeginningsAt beginnings(spans.size() + 1);
  beginnings[0][0].push_back({});
  for (unsigned last = 0; last < spans.size(); ++last) {
    extend(beginnings, last);
    for (bool keeps : {false, true})
      tryEnds(beginnings, last + 1, keeps);
  }
  bound = std::min(best.load.getTime(), std::max(bound, droppedBound));
  if (!bestJoint.guide)
    return;
  best.spans.clear();
  auto [guide, boundary, keeps, number] = bestJoint;
  appendBack(best, guide->backs, boundary, keeps);
  std::reverse(best.spans.begin(), best.spans.end());
  while (boundary > 0) {
    const Beginning &beginning = beginnings[boundary][keeps][number];
    best.spans.push_back(beginning.span);
    boundary = beginning.span.first;
    keeps = beginning.span.choice->ends.keepsFirst;
    number = beginning.before;
  }
  std::reverse(best.spans.begin(), best.spans.end());
}

PlanSearch::PlanSearch(const AllSpans &spans, size_t room)
    : spans(spans), room(std::max(leastRoom, room / (2 * (spans.size() + 1)))) {
  for (size_t last = 0; last < spans.size(); ++last)
    for (const SpanChoices &list : spans[last])
      longest = std::max(longest, last + 1 - list.first);
  findBound();
  joinGuides();
  if (!isWorse(bound))
    findExact();
  else
    bound = best.load.getTime();
}

std::optional<PlanSearch::Alternative>
PlanSearch::findAlternative(const PlannedSpan &span) const {
  const Guide &guide =
      *llvm::max_element(guides, [](const Guide &a, const Guide &b) {
        return a.load.getSum(a.weight) < b.load.getSum(b.weight);
      });
  Part next;
  auto tryOther = [&](const PlannedSpan &other) {
    bool isSame = other.first == span.first && other.last == span.last &&
                  other.choice == span.choice;
    auto [keepsFirst, keepsLast] = other.choice->ends;
    const Part &front = guide.fronts[other.first][keepsFirst];
    const Part &back = guide.backs[other.last + 1][keepsLast];
    if (other.first > span.first || isSame || front.sum == HUGE_VAL ||
        back.sum == HUGE_VAL)
      return;
    Part rest = front;
    rest.load = rest.load + back.load;
    next.improve(rest, other, guide.weight);
  };
  for (size_t last = span.first;
       last < std::min(spans.size(), span.first + longest); ++last)
    forEachSpan(last, tryOther);
  if (!next.span.choice)
    return std::nullopt;
  return Alternative{next.span, next.load};
}

} // namespace garam::npu
