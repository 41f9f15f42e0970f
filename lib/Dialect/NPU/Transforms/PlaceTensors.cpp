//===- PlaceTensors.cpp - Memories of intermediate tensors ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "HomeChoice.h"
#include "Machine.h"
#include "TileGeometry.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

#include <map>
#include <set>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUPLACETENSORS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

struct Placement {
  OpResult tensor;
  HomeKind home = HomeKind::Split;
  int64_t bytes = 0;          // of the whole tensor
  int64_t partBytes = 0;      // of core 0's part, with its halo
  int64_t begin = 0, end = 0; // stages between which it is live

  int64_t getLocalBytes() const {
    switch (home) {
    case HomeKind::Split:
      return partBytes;
    case HomeKind::Replicated:
      return bytes;
    default:
      return 0;
    }
  }
  /// Bytes of local memory times the stages for which they are taken.
  int64_t getWeight() const { return getLocalBytes() * (1 + end - begin); }
};

/// Sums over positions that change (a Fenwick tree): each in logarithmic time.
class PrefixSums {
public:
  explicit PrefixSums(size_t size) : sums(size + 1, 0) {}

  void add(size_t position, int64_t value) {
    for (++position; position < sums.size(); position += getLowBit(position))
      sums[position] += value;
  }
  /// Of the positions in front of `end`.
  int64_t getSum(size_t end) const {
    int64_t sum = 0;
    for (; end > 0; end -= getLowBit(end))
      sum += sums[end];
    return sum;
  }

private:
  static size_t getLowBit(size_t position) { return position & -position; }

  std::vector<int64_t> sums; // sums[p]: of the getLowBit(p) positions before p
};

/// Bytes of a memory by the operations between which they are taken.
class LiveBytes {
public:
  explicit LiveBytes(size_t numOperations)
      : begun(numOperations), ended(numOperations) {}

  void add(int64_t begin, int64_t end, int64_t bytes) {
    begun.add(begin, bytes);
    ended.add(end, bytes);
  }
  /// Of all that are taken at some time in [begin, end].
  int64_t getBytes(int64_t begin, int64_t end) const {
    return begun.getSum(end + 1) - ended.getSum(begin);
  }

private:
  PrefixSums begun, ended;
};

class TensorPlacer {
public:
  TensorPlacer(func::FuncOp func, const MachineDescription &machine,
               double fill)
      : func(func), machine(machine), fill(fill),
        shared(func.front().getOperations().size()) {}

  /// Returns the on-chip bytes that it counts on.
  int64_t run() {
    for (Operation &op : func.front())
      order[&op] = order.size();
    findLastUses();
    for (Operation &op : func.front()) {
      if (!isStage(&op))
        continue;
      Stage stage = getStage(&op);
      StageSchedule schedule = getSchedule(stage);
      numCores = std::max(numCores, schedule.getNumParts());
      // Inputs and constants of the tile at hand and of the next, and its
      // result.
      stagedBytes[order[&op]] = 3 * getStagedBytes(stage, schedule);
      for (OpResult result : op.getResults())
        placements.push_back(choose(result));
    }
    int64_t localBytes = makeRoom(), sharedBytes = 0;
    for (auto [stage, staged] : stagedBytes)
      sharedBytes = std::max(sharedBytes, shared.getBytes(stage, stage));
    write();
    return numCores * localBytes + sharedBytes;
  }

private:
  Placement choose(OpResult tensor) {
    Placement placement;
    placement.tensor = tensor;
    placement.bytes =
        getTensorType(tensor).getNumElements() * getElementBytes(Value(tensor));
    placement.begin = order[tensor.getOwner()];
    placement.end = lastUses[tensor];
    HomeChoice choice(tensor, machine);
    placement.home = choice.getKind();
    if (placement.home != HomeKind::Output)
      placement.partBytes = choice.getPartBytes();
    return placement;
  }

  /// Finds the last operation that reads each tensor or a view of it. From the
  /// end on, so that those of the views are known.
  void findLastUses() {
    for (Operation &op : llvm::reverse(func.front())) {
      for (OpResult result : op.getResults()) {
        int64_t last = order[&op];
        for (Operation *user : result.getUsers()) {
          last = std::max(last, order[user]);
          if (isa<ReshapeOp, ViewOp, ConcatOp>(user))
            last = std::max(last, lastUses[user->getResult(0)]);
        }
        lastUses[result] = last;
      }
    }
  }

  /// Moves tensors out of local memory, for all of their lives, where they do
  /// not fit beside what a stage works on; first those that take the most bytes
  /// for the most stages. `placements` are in the order in which lives begin.
  /// Returns the bytes that are taken of a core's memory at most.
  int64_t makeRoom() {
    for (const Placement &placement : placements)
      if (placement.home == HomeKind::Shared)
        shared.add(placement.begin, placement.end, placement.bytes);
    int64_t capacity = fill * machine.local.bytes;
    // Numbers of the placements that are live, by weight and by end.
    std::set<std::pair<int64_t, size_t>> byWeight, byEnd;
    int64_t used = 0;
    auto leave = [&](size_t number) {
      const Placement &placement = placements[number];
      used -= placement.getLocalBytes();
      byWeight.erase({-placement.getWeight(), number});
      byEnd.erase({placement.end, number});
    };
    size_t next = 0;
    int64_t most = 0;
    for (auto [stage, staged] : stagedBytes) {
      for (; next < placements.size() && placements[next].begin <= stage;
           ++next) {
        const Placement &placement = placements[next];
        if (placement.getLocalBytes() == 0)
          continue;
        used += placement.getLocalBytes();
        byWeight.insert({-placement.getWeight(), next});
        byEnd.insert({placement.end, next});
      }
      while (!byEnd.empty() && byEnd.begin()->first < stage)
        leave(byEnd.begin()->second);
      while (staged + used > capacity && !byWeight.empty()) {
        size_t weightiest = byWeight.begin()->second;
        leave(weightiest);
        moveOut(placements[weightiest]);
      }
      most = std::max(most, staged + used);
    }
    return std::min<int64_t>(most, machine.local.bytes);
  }

  void moveOut(Placement &moved) {
    int64_t used = moved.bytes + shared.getBytes(moved.begin, moved.end);
    if (used > fill * machine.shared.bytes) {
      moved.home = HomeKind::DRAM;
      return;
    }
    moved.home = HomeKind::Shared;
    shared.add(moved.begin, moved.end, moved.bytes);
  }

  void write() {
    llvm::DenseMap<Operation *, SmallVector<HomeKind>> homes;
    for (const Placement &placement : placements)
      homes[placement.tensor.getOwner()].push_back(placement.home);
    for (auto &[op, kinds] : homes)
      setHomes(op, kinds);
  }

  func::FuncOp func;
  const MachineDescription &machine;
  double fill;
  llvm::DenseMap<Operation *, int64_t> order;
  llvm::DenseMap<Value, int64_t> lastUses;
  std::map<int64_t, int64_t> stagedBytes;
  std::vector<Placement> placements;
  int64_t numCores = 0; // of the stage with the most parts
  LiveBytes shared;     // of the shared memory
};

struct PlaceTensors : impl::NPUPlaceTensorsBase<PlaceTensors> {
  using NPUPlaceTensorsBase::NPUPlaceTensorsBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    if (failed(placeTensors(getOperation(), *machine, fill)))
      signalPassFailure();
  }
};

} // namespace

FailureOr<int64_t> placeTensors(func::FuncOp func,
                                const MachineDescription &machine,
                                double fill) {
  if (func.isExternal())
    return 0;
  for (Operation &op : func.front())
    if (isStage(&op) && failed(checkScheduled(&op, machine)))
      return failure();
  return TensorPlacer(func, machine, fill).run();
}

} // namespace garam::npu
