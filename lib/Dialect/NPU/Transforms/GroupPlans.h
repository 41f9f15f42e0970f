//===- GroupPlans.h - How to cut stages into spans --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Boundary k stands in front of stage k. A plan cuts stages into spans between
// two boundaries each; what crosses a boundary lies in local memory or in DRAM,
// and spans on both sides of it agree where. Each span loads the engines and
// the interface to DRAM for some time, and a plan takes as long as the sums
// over its spans: the larger one of the two.
//
// That is a shortest path with two lengths. For every weight w from 0 to 1,
//
//   (1 - w) * engines + w * transfers
//
// is a bound of a plan's time from below, and the least sum over all plans, by
// a dynamic program over boundaries, a bound for all of them (Lagrangian
// duality). Each plan's sum is a straight line over w, and the bound is their
// lower envelope: where the lines of the best plans for two weights meet, it is
// greatest, or another plan is lower there and takes the place of one of them
// (the cutting plane method; a few steps). The plans on the way, and what
// begins as one of them and ends as another, are good ones.
//
// From there it is exact: boundary by boundary, those beginnings of plans are
// kept that no other beats in both sums and that could, by the bounds of what
// is behind, still become better than the best plan known. Few do, as the bound
// is close. Where there are more than one has time for, some of them are
// dropped, and the least bound of these is the bound of all plans.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPPLANS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPPLANS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace garam::npu {

/// How long a span, or several, keep engines and DRAM busy, in whole
/// picoseconds: sums are the same in any order.
struct Load {
  double engines = 0, transfers = 0;

  Load operator+(const Load &other) const {
    return {engines + other.engines, transfers + other.transfers};
  }
  double getTime() const { return std::max(engines, transfers); }
  double getSum(double weight) const {
    return (1 - weight) * engines + weight * transfers;
  }
  /// Whether it is no better in either.
  bool isBeatenBy(const Load &other) const {
    return other.engines <= engines && other.transfers <= transfers;
  }
};
constexpr double picosecondsPerSecond = 1e12;

/// Where the tensors that cross the boundaries of a span lie.
struct SpanEnds {
  bool keepsFirst = false; // those in front, in local memory
  bool keepsLast = false;  // those behind, in local memory
};

/// One way to compute the stages of a span.
struct SpanChoice {
  Load load;
  SpanEnds ends;
  /// Number of its slicing; `wholeStage`: of one stage that is not cut.
  uint32_t slicing = wholeStage;

  static constexpr uint32_t wholeStage = 0;
};

/// A stage and those in front of it, from stage `first` on.
struct SpanChoices {
  unsigned first;
  llvm::ArrayRef<SpanChoice> choices;
};
/// Of each stage, the spans that end with it. Stage by stage alone there must
/// be a plan.
using AllSpans = std::vector<llvm::SmallVector<SpanChoices, 0>>;

struct PlannedSpan {
  unsigned first = 0, last = 0;
  const SpanChoice *choice = nullptr;
};

struct Plan {
  std::vector<PlannedSpan> spans; // in order
  Load load;
};

class PlanSearch {
public:
  /// Of beginnings of plans, so many are kept in all.
  static constexpr size_t defaultRoom = size_t(1) << 17;

  /// `spans` must stay.
  explicit PlanSearch(const AllSpans &spans, size_t room = defaultRoom);

  /// The plan that takes the shortest time; where room ran out, the shortest of
  /// those that were kept. Nothing crosses the first boundary; there are spans
  /// with nothing kept in front.
  const Plan &getBest() const { return best; }
  /// No plan takes less, in picoseconds: the time of the best where it is
  /// exact, as far as numbers of 53 bits go.
  double getBound() const { return bound; }

  /// Of the plans without `span`, one of the best plan's, the one of least sum
  /// for the weight of the greatest bound.
  struct Alternative {
    PlannedSpan span; // over the first stage of the other
    Load load;        // of all of the plan
  };
  std::optional<Alternative> findAlternative(const PlannedSpan &span) const;

private:
  /// The best part of a plan in front of a boundary, or behind it.
  struct Part {
    double sum = HUGE_VAL;
    Load load;
    PlannedSpan span; // that ends or begins there

    void improve(const Part &rest, const PlannedSpan &candidate, double weight);
  };
  /// By boundary, and by whether what crosses it is in local memory.
  using Parts = std::vector<std::array<Part, 2>>;
  /// The best parts of plans for one weight.
  struct Guide {
    double weight;
    Parts fronts, backs;
    Load load; // of its best plan
  };
  /// A beginning of a plan.
  struct Beginning {
    Load load;
    unsigned before; // number of the one that `span` follows
    PlannedSpan span;
  };
  using Beginnings = std::vector<Beginning>;
  using BeginningsAt = std::vector<std::array<Beginnings, 2>>;

  /// A plan that begins as one of those kept and ends as a guide's.
  struct Joint {
    const Guide *guide = nullptr;
    unsigned boundary = 0;
    bool keeps = false;
    unsigned number = 0; // of the beginning
  };

  template <typename FunctionT>
  void forEachSpan(unsigned last, FunctionT use) const;
  Parts findFronts(double weight) const;
  Parts findBacks(double weight) const;
  Guide makeGuide(double weight) const;
  void appendFront(Plan &plan, const Parts &fronts, unsigned boundary,
                   bool keeps) const;
  void appendBack(Plan &plan, const Parts &backs, unsigned boundary,
                  bool keeps) const;
  void findBound();
  void joinGuides();
  double getBound(const Load &load, unsigned boundary, bool keeps) const;
  bool isWorse(double least) const;
  void dropBeaten(Beginnings &found, unsigned boundary, bool keeps) const;
  void thin(Beginnings &found, unsigned boundary, bool keeps);
  void extend(BeginningsAt &beginnings, unsigned last);
  void tryEnds(const BeginningsAt &beginnings, unsigned boundary, bool keeps);
  void findExact();

  const AllSpans &spans;
  size_t room;        // for beginnings, of each boundary
  size_t longest = 0; // stages of a span
  /// For the weight of the greatest bound, those next to it, and for engines
  /// and transfers alone.
  std::vector<Guide> guides;
  Plan best;
  Joint bestJoint;
  double bound = 0;
  /// The least bound of what was dropped for want of room.
  double droppedBound = HUGE_VAL;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_GROUPPLANS_H
