//===- FuseGroups.cpp - Stages computed slice by slice --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Lists the spans of a function with what they cost (GroupCosts.h), takes the
// plan that is the shortest by the estimate (GroupPlans.h), and cuts its groups
// into slices. What is next best to a group is another span over its first
// stage, with the best of what comes before that and of what comes behind.
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

class GroupSearch {
public:
  GroupSearch(func::FuncOp func, const MachineDescription &machine)
      : machine(machine), costs(func, machine) {}

  /// The groups of the best plan that was found; none where whole stages do as
  /// well. Notes what is next best to them.
  std::vector<FusedGroup> run(ChoiceRecord &choices) {
    if (!findTight())
      return {};
    listWhole();
    PlanSearch whole(spans);
    time = wholeTime = whole.getBest().load.getTime();
    listSliced();
    PlanSearch search(spans);
    bound = search.getBound();
    const Plan &plan = search.getBest();
    if (plan.load.getTime() > (1 - tuning::leastFusionGain) * wholeTime)
      return {};
    time = plan.load.getTime();
    recordRunnersUp(search, choices);
    if (machine.shared.bytes == 0)
      for (const PlannedSpan &span : plan.spans)
        if (!span.choice->ends.keepsLast)
          moveOut(costs.getCrossing(span.last + 1));
    std::vector<FusedGroup> groups;
    for (const PlannedSpan &span : plan.spans)
      if (isGroup(span))
        groups.push_back(makeGroup(span));
    return groups;
  }

  /// What is known of the plan, in seconds; null where nothing was searched.
  DictionaryAttr describe(MLIRContext *context) const {
    if (time == 0)
      return {};
    Builder b(context);
    auto getSeconds = [&](StringRef key, double picoseconds) {
      return b.getNamedAttr(
          key, b.getF64FloatAttr(picoseconds / picosecondsPerSecond));
    };
    return b.getDictionaryAttr({getSeconds(fusionSecondsKey, time),
                                getSeconds(fusionBoundKey, bound),
                                getSeconds(fusionWholeKey, wholeTime)});
  }

private:
  static bool isGroup(const PlannedSpan &span) {
    return span.choice->slicing != SpanChoice::wholeStage;
  }

  /// Counts the stages that have no room for their tensors. False when all
  /// have.
  bool findTight() {
    tightStages.push_back(0);
    for (unsigned stage = 0; stage < costs.getNumStages(); ++stage)
      tightStages.push_back(tightStages.back() + !costs.isRoomy(stage));
    return tightStages.back() > 0;
  }

  void listWhole() {
    for (unsigned stage = 0; stage < costs.getNumStages(); ++stage)
      spans.emplace_back().push_back({stage, costs.getWhole(stage)});
  }

  /// Adds slices of stages where some stage has no room for its tensors.
  void listSliced() {
    for (unsigned last = 0; last < costs.getNumStages(); ++last)
      for (const SpanChoices &list : costs.getSliced(last))
        if (!list.choices.empty() &&
            tightStages[last + 1] != tightStages[list.first])
          spans[last].push_back(list);
  }

  /// Notes of each group of the best plan what is next best to it.
  void recordRunnersUp(const PlanSearch &search, ChoiceRecord &choices) {
    const Plan &plan = search.getBest();
    for (const PlannedSpan &group : plan.spans) {
      if (!isGroup(group))
        continue;
      if (auto next = search.findAlternative(group))
        choices.add(getLoc(group), describe(group), describe(next->span),
                    (next->load.getTime() - plan.load.getTime()) /
                        picosecondsPerSecond,
                    /*isExact=*/true);
    }
  }

  /// Of all stages of a span.
  Location getLoc(const PlannedSpan &span) const {
    SmallVector<Location> locs;
    for (unsigned stage = span.first; stage <= span.last; ++stage)
      locs.push_back(costs.getOp(stage)->getLoc());
    return FusedLoc::get(costs.getOp(span.first)->getContext(), locs);
  }

  /// "stages 3 to 7 in 1 x 4 slices".
  std::string describe(const PlannedSpan &span) {
    if (!isGroup(span))
      return "stage " + std::to_string(span.first) + " whole";
    std::string text = "stages " + std::to_string(span.first) + " to " +
                       std::to_string(span.last) + " in ";
    SpanSlices slices = costs.getSlices(span);
    for (auto [dim, count] : llvm::enumerate(slices.slicing.counts))
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

  FusedGroup makeGroup(const PlannedSpan &span) {
    FusedGroup group;
    for (unsigned stage = span.first; stage <= span.last; ++stage)
      group.stages.push_back(costs.getOp(stage));
    group.result = getOnlyResult(group.stages);
    SpanSlices slices = costs.getSlices(span);
    group.slicing = std::move(slices.slicing);
    group.keepsConstants = std::move(slices.keepsConstants);
    return group;
  }

  const MachineDescription &machine;
  GroupCosts costs;
  AllSpans spans;
  /// How many stages in front of each boundary have no room.
  std::vector<unsigned> tightStages;
  /// Of the plan that was chosen, of all plans at least, and of whole stages,
  /// in picoseconds.
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
