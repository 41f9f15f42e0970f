//===- BranchCores.cpp - Branches that share the cores --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "BranchCores.h"

#include "Tuning.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// Stages of a window are at most so many, and branches too, lest the search
/// for windows take more than linear time.
constexpr size_t maxWindowStages = 256;
constexpr size_t maxBranches = 16;
/// So many makers of a concatenation are told apart.
constexpr size_t maxProducers = 64;

/// Stages of which each reads what another makes.
struct Branch {
  SmallVector<size_t> stages;
  std::vector<double> onCores; // StageSeconds::onCores, added up
};

/// Stages [first, end), as branches.
struct Window {
  size_t first, end;
  std::vector<Branch> branches; // those that became a part of others: empty
  std::vector<size_t> branchOf; // each stage: its number in `branches`
  size_t numBranches = 0;       // that are not empty
};

/// Stages with cores of their own: a branch, or several where there are more of
/// them than cores.
struct Lane {
  SmallVector<size_t> stages;
  std::vector<double> onCores;
  CoreGroup cores;

  double getSeconds() const { return onCores[cores.count - 1]; }
};

class BranchFinder {
public:
  BranchFinder(ArrayRef<Operation *> stages, ArrayRef<StageSeconds> seconds,
               const MachineDescription &machine)
      : stages(stages), seconds(seconds), machine(machine),
        producers(stages.size()), latest(stages.size(), -1) {}

  std::vector<std::optional<BranchCores>> run();

private:
  /// The windows of the stages from one on that save the most.
  struct Plan {
    double gain = 0;
    size_t end = 0;          // of the first window; 0: none begins here
    std::vector<Lane> lanes; // of that window
  };

  void findProducers();
  bool fallsApart(size_t first) const;
  bool extend(Window &window) const;
  size_t merge(Window &window, size_t number) const;
  Plan findPlan(size_t first, ArrayRef<Plan> plans) const;
  std::vector<Lane> divide(const Window &window) const;
  void giveCores(std::vector<Lane> &lanes) const;
  double getGain(const Window &window, ArrayRef<Lane> lanes) const;

  ArrayRef<Operation *> stages;
  ArrayRef<StageSeconds> seconds;
  const MachineDescription &machine;
  /// Of each stage, those whose results it reads, and the last of them or -1.
  std::vector<SmallVector<size_t, 2>> producers;
  std::vector<int64_t> latest;
};

} // namespace

static void addTo(std::vector<double> &sums, ArrayRef<double> more) {
  sums.resize(more.size(), 0.0);
  for (auto [sum, term] : llvm::zip_equal(sums, more))
    sum += term;
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

void BranchFinder::findProducers() {
  DenseMap<Operation *, size_t> numbers;
  for (auto [number, op] : llvm::enumerate(stages))
    numbers.try_emplace(op, number);
  // Operations between stages stand in front of who reads them, so theirs are
  // known then.
  DenseMap<Operation *, SmallVector<size_t, 2>> between;
  auto list = [&](Operation *reader) {
    SmallVector<size_t, 2> all;
    for (Value operand : reader->getOperands()) {
      Operation *op = operand.getDefiningOp();
      if (auto it = numbers.find(op); it != numbers.end())
        all.push_back(it->second);
      else if (auto it = between.find(op); it != between.end())
        all.append(it->second.begin(), it->second.end());
    }
    llvm::sort(all);
    all.erase(llvm::unique(all), all.end());
    if (all.size() > maxProducers)
      all.erase(all.begin(), all.end() - maxProducers);
    return all;
  };
  if (stages.empty())
    return;
  for (Operation &op : *stages.front()->getBlock()) {
    auto it = numbers.find(&op);
    if (it == numbers.end()) {
      between.try_emplace(&op, list(&op));
      continue;
    }
    producers[it->second] = list(&op);
    if (!producers[it->second].empty())
      latest[it->second] = producers[it->second].back();
  }
}

/// Whether some stage of a window from `first` on reads nothing of it.
bool BranchFinder::fallsApart(size_t first) const {
  size_t end = std::min(stages.size(), first + maxWindowStages);
  return std::any_of(
      latest.begin() + first + 1, latest.begin() + end,
      [&](int64_t last) { return last < static_cast<int64_t>(first); });
}

/// Makes one branch of those that stage `number`, the next one, reads.
size_t BranchFinder::merge(Window &window, size_t number) const {
  std::optional<size_t> own;
  for (size_t producer : producers[number]) {
    if (producer < window.first)
      continue;
    size_t read = window.branchOf[producer - window.first];
    if (own && read == *own)
      continue;
    if (!own) {
      own = read;
      continue;
    }
    Branch &into = window.branches[std::min(*own, read)];
    Branch &from = window.branches[std::max(*own, read)];
    own = std::min(*own, read);
    for (size_t stage : from.stages)
      window.branchOf[stage - window.first] = *own;
    into.stages.append(from.stages.begin(), from.stages.end());
    addTo(into.onCores, from.onCores);
    from = Branch();
    --window.numBranches;
  }
  if (own)
    return *own;
  ++window.numBranches;
  window.branches.emplace_back();
  return window.branches.size() - 1;
}

/// Adds the next stage to a window. False where none may be added, or all are
/// one branch again.
bool BranchFinder::extend(Window &window) const {
  size_t number = window.end;
  if (number == stages.size() || number - window.first == maxWindowStages ||
      getSlice(stages[number]))
    return false;
  size_t before = window.numBranches;
  size_t own = merge(window, number);
  window.branches[own].stages.push_back(number);
  addTo(window.branches[own].onCores, seconds[number].onCores);
  window.branchOf.push_back(own);
  ++window.end;
  return window.numBranches <= maxBranches &&
         (window.numBranches > 1 || before <= 1);
}

//===----------------------------------------------------------------------===//
// Cores
//===----------------------------------------------------------------------===//

/// Gives one core after the other to the lane that ends last, as long as that
/// ends earlier with more.
void BranchFinder::giveCores(std::vector<Lane> &lanes) const {
  int64_t left = machine.cores - lanes.size();
  while (true) {
    Lane &last = *llvm::max_element(lanes, [](const Lane &a, const Lane &b) {
      return a.getSeconds() < b.getSeconds();
    });
    double now = last.getSeconds();
    int64_t count = last.cores.count;
    while (count < last.cores.count + left && last.onCores[count - 1] >= now)
      ++count;
    if (last.onCores[count - 1] >= now)
      break;
    left -= count - last.cores.count;
    last.cores.count = count;
  }
  int64_t next = 0;
  for (Lane &lane : lanes) {
    lane.cores.first = next;
    next += lane.cores.count;
  }
}

/// The lanes of the branches of a window: the longest branch goes first to
/// where least is to do.
std::vector<Lane> BranchFinder::divide(const Window &window) const {
  SmallVector<const Branch *> branches;
  for (const Branch &branch : window.branches)
    if (!branch.stages.empty())
      branches.push_back(&branch);
  llvm::stable_sort(branches, [](const Branch *a, const Branch *b) {
    return a->onCores.front() > b->onCores.front();
  });
  std::vector<Lane> lanes(std::min<size_t>(branches.size(), machine.cores));
  for (Lane &lane : lanes)
    lane.onCores.assign(machine.cores, 0.0);
  for (const Branch *branch : branches) {
    Lane &lane = *llvm::min_element(lanes, [](const Lane &a, const Lane &b) {
      return a.onCores.front() < b.onCores.front();
    });
    lane.stages.append(branch->stages.begin(), branch->stages.end());
    addTo(lane.onCores, branch->onCores);
  }
  giveCores(lanes);
  return lanes;
}

/// By how much `lanes` end before all stages of the window would with all
/// cores, in seconds; 0 where that is too little to look into.
double BranchFinder::getGain(const Window &window, ArrayRef<Lane> lanes) const {
  // One branch behind the other, where the next does not wait for the last one.
  double handover =
      machine.synchronisation.remoteSeconds + machine.dma.startSeconds;
  double inTurn = 0, beside = 0, weights = 0;
  for (const Branch &branch : window.branches) {
    if (branch.stages.empty())
      continue;
    const std::vector<double> &last = seconds[branch.stages.back()].onCores;
    bool isSplit = last.back() < last.front();
    inTurn += branch.onCores.back() - (isSplit ? handover : 0);
  }
  for (const Lane &lane : lanes)
    beside = std::max(beside, lane.getSeconds());
  for (size_t stage = window.first; stage < window.end; ++stage)
    weights += seconds[stage].weights;
  inTurn = std::max(inTurn, weights);
  double gain = inTurn - std::max(beside, weights);
  return gain >= tuning::leastBranchGain * inTurn ? gain : 0;
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// `plans` are those of the stages behind `first`.
BranchFinder::Plan BranchFinder::findPlan(size_t first,
                                          ArrayRef<Plan> plans) const {
  Plan best;
  best.gain = plans[first + 1].gain;
  if (!fallsApart(first))
    return best;
  Window window{first, first, {}, {}};
  while (extend(window)) {
    if (window.numBranches < 2)
      continue;
    std::vector<Lane> lanes = divide(window);
    double gain = getGain(window, lanes);
    if (gain > 0 && gain + plans[window.end].gain > best.gain)
      best = {gain + plans[window.end].gain, window.end, std::move(lanes)};
  }
  return best;
}

std::vector<std::optional<BranchCores>> BranchFinder::run() {
  findProducers();
  std::vector<Plan> plans(stages.size() + 1);
  for (size_t first = stages.size(); first-- > 0;)
    plans[first] = findPlan(first, plans);
  std::vector<std::optional<BranchCores>> cores(stages.size());
  for (size_t first = 0; first < stages.size();) {
    const Plan &plan = plans[first];
    for (const Lane &lane : plan.lanes)
      for (size_t stage : lane.stages)
        cores[stage] = BranchCores{first, lane.cores};
    first = plan.lanes.empty() ? first + 1 : plan.end;
  }
  return cores;
}

std::vector<std::optional<BranchCores>>
findBranchCores(ArrayRef<Operation *> stages, ArrayRef<StageSeconds> seconds,
                const MachineDescription &machine) {
  return BranchFinder(stages, seconds, machine).run();
}

} // namespace garam::npu
