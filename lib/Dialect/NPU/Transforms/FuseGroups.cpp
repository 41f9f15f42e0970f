//===- FuseGroups.cpp - Stages computed slice by slice --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A plan cuts the stages of a function into spans. Its engines take E seconds,
// the sum over its spans, and its transfers with DRAM D seconds. If transfers
// could be brought forward as far as one likes, the plan would take max(E, D);
// if none could leave its stage, the sum L of what each stage takes on its own.
// The estimate lies between the two:
//
//   T = (1 - staying) * max(E, D) + staying * L
//
// where `staying` is the part of transfers that stay in their stage. For every
// weight w from 0 to 1, T is at least
//
//   (1 - staying) * ((1 - w) * E + w * D) + staying * L,
//
// a sum over spans, of which a dynamic program over boundaries finds the least:
// a lower bound of T for all plans (Lagrangian duality). Each plan's sum is a
// straight line over w, and the bound is their lower envelope: where the lines
// of the best plans for two weights meet, it is greatest, or another plan is
// lower there and takes the place of one of them (the cutting plane method; a
// few steps). Of the plans on the way the best is kept. Where tensors cross no
// boundary but that behind their stage, as in a chain, the sums are exact.
//
// What is next best to a group is the best plan without it for the last weight:
// one with another span over the group's first stage, the best of what comes
// before that and of what comes behind.
//
//===----------------------------------------------------------------------===//

#include "ChoiceRecord.h"
#include "GroupCosts.h"
#include "Machine.h"
#include "Tuning.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUFUSEGROUPS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Weights that are tried at most, beside 0 and 1. They are fewer: each finds a
/// corner of the envelope, and few are next to where it is greatest.
constexpr unsigned maxSteps = 12;
/// Sums of the same times in another order differ by less.
constexpr double roundingPart = 1e-12;

/// Sums over the spans of a plan, or of a part of one.
struct PlanTimes {
  double seconds = 0, dramSeconds = 0, ownSeconds = 0;

  void add(const PlanTimes &other) {
    seconds += other.seconds;
    dramSeconds += other.dramSeconds;
    ownSeconds += other.ownSeconds;
  }
  void add(const Span &span) {
    add(PlanTimes{span.seconds, span.dramSeconds, span.ownSeconds});
  }
  double getTime() const {
    return (1 - tuning::stayingTransfers) * std::max(seconds, dramSeconds) +
           tuning::stayingTransfers * ownSeconds;
  }
  /// A bound of getTime for a weight of the bytes.
  double getSum(double weight) const {
    return (1 - tuning::stayingTransfers) *
               ((1 - weight) * seconds + weight * dramSeconds) +
           tuning::stayingTransfers * ownSeconds;
  }
};

struct Plan {
  std::vector<const Span *> spans; // in order
  PlanTimes times;
  double weight = 0; // for which it is the best
};

class GroupSearch {
public:
  GroupSearch(func::FuncOp func, const MachineDescription &machine)
      : machine(machine), costs(func, machine), spans(costs.getNumStages()) {}

  /// The groups of the best plan that was found; none where whole stages do as
  /// well. Notes what is next best to them.
  std::vector<FusedGroup> run(ChoiceRecord &choices) {
    std::vector<FusedGroup> groups;
    if (!findWhole())
      return groups;
    time = wholeTime = search().times.getTime();
    findSliced();
    Plan plan = search();
    if (plan.times.getTime() > (1 - tuning::leastFusionGain) * wholeTime)
      return groups;
    time = plan.times.getTime();
    recordRunnersUp(plan, choices);
    if (machine.shared.bytes == 0)
      for (const Span *span : plan.spans)
        if (!span->ends.keepsLast)
          moveOut(costs.getCrossing(span->last + 1));
    for (const Span *span : plan.spans)
      if (!span->slicing.counts.empty())
        groups.push_back(makeGroup(*span));
    return groups;
  }

  /// What is known of the plan, in seconds; null where nothing was searched.
  DictionaryAttr describe(MLIRContext *context) const {
    if (time == 0)
      return {};
    Builder b(context);
    return b.getDictionaryAttr(
        {b.getNamedAttr(fusionSecondsKey, b.getF64FloatAttr(time)),
         b.getNamedAttr(fusionBoundKey, b.getF64FloatAttr(bound)),
         b.getNamedAttr(fusionWholeKey, b.getF64FloatAttr(wholeTime))});
  }

private:
  /// Adds whole stages. False when all of them have room for their tensors.
  bool findWhole() {
    bool isTight = false;
    tightStages.push_back(0);
    for (unsigned stage = 0; stage < costs.getNumStages(); ++stage) {
      bool isRoomy = costs.isRoomy(stage);
      isTight |= !isRoomy;
      tightStages.push_back(tightStages.back() + !isRoomy);
      for (Span &span : costs.getWhole(stage))
        spans[stage].push_back(std::move(span));
    }
    return isTight;
  }

  /// Adds slices of stages where some stage has no room for its tensors. Of
  /// spans with the same ends, those are kept that no other beats in both time
  /// and bytes.
  void findSliced() {
    for (unsigned last = 0; last < costs.getNumStages(); ++last)
      costs.forEachSliced(last, [&](const Span &span) {
        if (tightStages[last + 1] == tightStages[span.first])
          return;
        auto beats = [](const Span &a, const Span &b) {
          return a.first == b.first && a.ends.keepsFirst == b.ends.keepsFirst &&
                 a.ends.keepsLast == b.ends.keepsLast &&
                 a.seconds <= b.seconds && a.dramSeconds <= b.dramSeconds &&
                 a.ownSeconds <= b.ownSeconds;
        };
        std::vector<Span> &known = spans[last];
        if (llvm::any_of(known,
                         [&](const Span &other) { return beats(other, span); }))
          return;
        llvm::erase_if(known,
                       [&](const Span &other) { return beats(span, other); });
        known.push_back(span);
      });
  }

  /// The best of the plans for all weights; sets the bound.
  Plan search() {
    bound = 0;
    // The ends first: what is bound by one of the two alone.
    Plan low = findPlan(0), high = findPlan(1);
    for (unsigned step = 0; step < maxSteps; ++step) {
      double left = low.times.dramSeconds - low.times.seconds;
      double right = high.times.dramSeconds - high.times.seconds;
      if (left <= 0 || right >= 0)
        break;
      // Where the lines of the two meet.
      double weight = (high.times.getSum(0) - low.times.getSum(0)) /
                      ((1 - tuning::stayingTransfers) * (left - right));
      double sum = low.times.getSum(weight);
      Plan found = findPlan(weight);
      if (found.times.getSum(weight) >= sum * (1 - roundingPart))
        break;
      (found.times.dramSeconds > found.times.seconds ? low : high) =
          std::move(found);
    }
    return low.times.getTime() <= high.times.getTime() ? low : high;
  }

  /// The best part of a plan that ends or begins at a boundary, with the
  /// tensors that cross it in DRAM or in local memory.
  struct State {
    double sum = HUGE_VAL;
    const Span *span = nullptr; // that ends or begins there
    PlanTimes times;

    void improve(const State &rest, const Span &candidate, double weight) {
      State own{0, &candidate, rest.times};
      own.times.add(candidate);
      own.sum = rest.sum == HUGE_VAL ? HUGE_VAL : own.times.getSum(weight);
      if (own.sum < sum)
        *this = own;
    }
  };
  using States = std::vector<std::array<State, 2>>; // by boundary

  /// The best parts in front of each boundary.
  States findFronts(double weight) const {
    States states(spans.size() + 1);
    states[0][0].sum = 0;
    for (unsigned last = 0; last < spans.size(); ++last)
      for (const Span &span : spans[last])
        states[last + 1][span.ends.keepsLast].improve(
            states[span.first][span.ends.keepsFirst], span, weight);
    return states;
  }

  /// The best parts behind each boundary.
  States findBacks(double weight) const {
    States states(spans.size() + 1);
    // Nothing crosses the end, wherever it would lie.
    states.back()[0].sum = states.back()[1].sum = 0;
    for (unsigned last = spans.size(); last-- > 0;)
      for (const Span &span : spans[last])
        states[span.first][span.ends.keepsFirst].improve(
            states[last + 1][span.ends.keepsLast], span, weight);
    return states;
  }

  /// The plan of least weighted sum, which is a bound.
  Plan findPlan(double weight) {
    States states = findFronts(weight);
    bool keeps = states.back()[1].sum < states.back()[0].sum;
    bound = std::max(bound, states.back()[keeps].sum);
    Plan found{{}, states.back()[keeps].times, weight};
    for (unsigned boundary = spans.size(); boundary > 0;) {
      const Span *span = states[boundary][keeps].span;
      found.spans.push_back(span);
      boundary = span->first;
      keeps = span->ends.keepsFirst;
    }
    std::reverse(found.spans.begin(), found.spans.end());
    return found;
  }

  /// Notes of each group of `plan` what is next best to it.
  void recordRunnersUp(const Plan &plan, ChoiceRecord &choices) const {
    States fronts = findFronts(plan.weight), backs = findBacks(plan.weight);
    for (const Span *group : plan.spans) {
      if (group->slicing.counts.empty())
        continue;
      State next;
      for (unsigned last = group->first; last < spans.size(); ++last)
        for (const Span &span : spans[last]) {
          if (span.first > group->first || &span == group)
            continue;
          State rest = fronts[span.first][span.ends.keepsFirst];
          const State &back = backs[last + 1][span.ends.keepsLast];
          if (back.sum == HUGE_VAL)
            continue;
          rest.times.add(back.times);
          next.improve(rest, span, plan.weight);
        }
      if (next.span)
        choices.add(getLoc(*group), describe(*group), describe(*next.span),
                    next.times.getTime() - plan.times.getTime(),
                    /*isExact=*/true);
    }
  }

  /// Of all stages of a span.
  Location getLoc(const Span &span) const {
    SmallVector<Location> locs;
    for (unsigned stage = span.first; stage <= span.last; ++stage)
      locs.push_back(costs.getOp(stage)->getLoc());
    return FusedLoc::get(costs.getOp(span.first)->getContext(), locs);
  }

  /// "stages 3 to 7 in 1 x 4 slices".
  static std::string describe(const Span &span) {
    std::string text = "stages " + std::to_string(span.first) + " to " +
                       std::to_string(span.last);
    if (span.slicing.counts.empty())
      return "stage " + std::to_string(span.first) + " whole";
    text += " in ";
    for (auto [dim, count] : llvm::enumerate(span.slicing.counts))
      text += (dim == 0 ? "" : " x ") + std::to_string(count);
    return text + " slices";
  }

  /// Notes for the scheduler that tensors will lie in DRAM.
  static void moveOut(ArrayRef<Value> tensors) {
    for (Value tensor : tensors) {
      auto result = cast<OpResult>(tensor);
      SmallVector<HomeKind> homes;
      for (OpResult each : result.getOwner()->getResults())
        homes.push_back(each == result ? HomeKind::DRAM : getHome(each));
      setHomes(result.getOwner(), homes);
    }
  }

  FusedGroup makeGroup(const Span &span) const {
    FusedGroup group;
    for (unsigned stage = span.first; stage <= span.last; ++stage)
      group.stages.push_back(costs.getOp(stage));
    group.result = getOnlyResult(group.stages);
    group.slicing = span.slicing;
    group.keepsConstants = span.keepsConstants;
    return group;
  }

  const MachineDescription &machine;
  GroupCosts costs;
  /// Spans by their last stage.
  std::vector<std::vector<Span>> spans;
  /// How many stages in front of each boundary have no room.
  std::vector<unsigned> tightStages;
  /// Of the plan that was chosen, of all plans at least, and of whole stages.
  double time = 0, bound = 0, wholeTime = 0;
};

struct FuseGroups : impl::NPUFuseGroupsBase<FuseGroups> {
  using NPUFuseGroupsBase::NPUFuseGroupsBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkStageFunction(getOperation())))
      return signalPassFailure();
    fuseGroups(getOperation(), *machine);
  }
};

} // namespace

void fuseGroups(func::FuncOp func, const MachineDescription &machine) {
  if (func.isExternal())
    return;
  GroupSearch search(func, machine);
  ChoiceRecord choices;
  std::vector<FusedGroup> groups = search.run(choices);
  choices.addTo(func);
  for (auto [number, group] : llvm::enumerate(groups))
    sliceGroup(group, number);
  if (DictionaryAttr fusion = search.describe(func.getContext()))
    NPUDialect::FusionAttrHelper(func.getContext()).setAttr(func, fusion);
}

} // namespace garam::npu
