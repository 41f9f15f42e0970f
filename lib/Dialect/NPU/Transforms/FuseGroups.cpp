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
// a lower bound of T for all plans (Lagrangian duality). The weight for which
// it is greatest is found by bisection, and of the plans on the way the best is
// kept. Where tensors cross no boundary but that behind their stage, as in a
// chain, the sums are exact.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"
#include "Machine.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUFUSEGROUPS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// The part of transfers that are not brought forward to other stages, for
/// which local memory has no room when it is full.
constexpr double stayingPart = 0.75;
/// Steps of the bisection of the weight.
constexpr unsigned numWeights = 12;
/// A plan with groups is worth having when it is this much shorter than whole
/// stages by the estimate, whose error is as large.
constexpr double leastGain = 0.03;

struct Plan {
  std::vector<const Span *> spans; // in order
  double seconds = 0, dramSeconds = 0, ownSeconds = 0;

  double getTime() const {
    return (1 - stayingPart) * std::max(seconds, dramSeconds) +
           stayingPart * ownSeconds;
  }
};

class GroupSearch {
public:
  GroupSearch(func::FuncOp func, const MachineDescription &machine)
      : machine(machine), costs(func, machine), spans(costs.getNumStages()) {}

  /// The groups of the best plan that was found; none where whole stages do as
  /// well.
  std::vector<FusedGroup> run() {
    std::vector<FusedGroup> groups;
    if (!findWhole())
      return groups;
    time = wholeTime = search().getTime();
    findSliced();
    Plan plan = search();
    if (plan.getTime() > (1 - leastGain) * wholeTime)
      return groups;
    time = plan.getTime();
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
    Plan best;
    double low = 0, high = 1;
    bound = 0;
    for (unsigned step = 0; step < numWeights; ++step) {
      // The ends first: what is bound by one of the two alone.
      double weight = step == 0 ? 0 : step == 1 ? 1 : (low + high) / 2;
      Plan found = findPlan(weight);
      if (best.spans.empty() || found.getTime() < best.getTime())
        best = found;
      if (step < 2)
        continue;
      (found.dramSeconds > found.seconds ? low : high) = weight;
    }
    return best;
  }

  /// The plan of least weighted sum, which is a bound.
  Plan findPlan(double weight) {
    double engineWeight = (1 - stayingPart) * (1 - weight);
    double dramWeight = (1 - stayingPart) * weight;
    struct State {
      double sum = HUGE_VAL;
      const Span *span = nullptr; // that ends there
    };
    std::vector<std::array<State, 2>> states(spans.size() + 1);
    states[0][0].sum = 0;
    for (unsigned last = 0; last < spans.size(); ++last)
      for (const Span &span : spans[last]) {
        double before = states[span.first][span.ends.keepsFirst].sum;
        double sum = before + engineWeight * span.seconds +
                     dramWeight * span.dramSeconds +
                     stayingPart * span.ownSeconds;
        State &state = states[last + 1][span.ends.keepsLast];
        if (sum < state.sum)
          state = {sum, &span};
      }
    // Nothing crosses the end, wherever it would lie.
    bool keeps = states.back()[1].sum < states.back()[0].sum;
    bound = std::max(bound, states.back()[keeps].sum);
    Plan found;
    for (unsigned boundary = spans.size(); boundary > 0;) {
      const Span *span = states[boundary][keeps].span;
      found.spans.push_back(span);
      found.seconds += span->seconds;
      found.dramSeconds += span->dramSeconds;
      found.ownSeconds += span->ownSeconds;
      boundary = span->first;
      keeps = span->ends.keepsFirst;
    }
    std::reverse(found.spans.begin(), found.spans.end());
    return found;
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
  std::vector<FusedGroup> groups = search.run();
  for (auto [number, group] : llvm::enumerate(groups))
    sliceGroup(group, number);
  if (DictionaryAttr fusion = search.describe(func.getContext()))
    NPUDialect::FusionAttrHelper(func.getContext()).setAttr(func, fusion);
}

} // namespace garam::npu
