//===- PlaceTensors.cpp - Memories of intermediate tensors ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConcatTrees.h"
#include "HomeChoice.h"
#include "Machine.h"
#include "PassOptions.h"
#include "TensorHomes.h"
#include "TileGeometry.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

#include <set>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUPLACETENSORS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

struct Placement {
  /// One result, or several that lie in one buffer because they are
  /// concatenated; none: constants that slices of a group keep.
  SmallVector<OpResult, 1> tensors;
  SmallVector<Operation *> slices; // that keep these constants
  HomeKind home = HomeKind::Split;
  int64_t bytes = 0;          // of the whole tensors
  int64_t partBytes = 0;      // of the largest part, with its halo
  int64_t numParts = 1;       // about as large
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
  /// Bytes of the local memories of all of `numCores` cores.
  int64_t getSpreadBytes(int64_t numCores) const {
    return getLocalBytes() *
           (home == HomeKind::Replicated ? numCores : numParts);
  }
  /// Bytes of local memory times the stages for which they are taken, over
  /// the times that DRAM is read or written for them when they are not there.
  double getWeight() const {
    double weight = static_cast<double>(getLocalBytes()) * (1 + end - begin);
    return tensors.empty() ? weight / std::max<size_t>(1, slices.size() - 1)
                           : weight / 2;
  }
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
      stages.push_back(&op);
      for (OpResult result : op.getResults())
        addResult(result);
      if (keepsConstants(&op))
        addConstants(&op);
    }
    int64_t localBytes = makeRoom(), sharedBytes = 0;
    for (Operation *op : stages)
      sharedBytes =
          std::max(sharedBytes, shared.getBytes(order[op], order[op]));
    write();
    return localBytes + sharedBytes;
  }

private:
  void addResult(OpResult tensor) {
    Placement placement;
    placement.tensors = {tensor};
    placement.bytes =
        getTensorType(tensor).getNumElements() * getElementBytes(Value(tensor));
    placement.begin = order[tensor.getOwner()];
    placement.end = lastUses[tensor];
    HomeChoice choice(tensor, machine);
    placement.home =
        concats.isReturnedOnly(tensor) ? HomeKind::Output : choice.getKind();
    placement.numParts = getNumParts(tensor.getOwner());
    if (placement.home != HomeKind::Output)
      placement.partBytes = choice.getPartBytes();
    numbers[tensor] = placements.size();
    Value whole = getConcatWhole(tensor);
    if (whole != tensor && placement.home == HomeKind::Split &&
        isOnOneCore(tensor.getOwner())) {
      auto [it, isNew] = wholeNumbers.try_emplace(
          {whole, getFirstCore(tensor.getOwner())}, placements.size());
      if (!isNew)
        return join(placements[it->second], placement);
    }
    placements.push_back(std::move(placement));
  }

  void join(Placement &first, const Placement &next) {
    numbers[next.tensors.front()] = numbers[first.tensors.front()];
    first.tensors.push_back(next.tensors.front());
    first.bytes += next.bytes;
    first.partBytes += next.partBytes;
    first.end = std::max(first.end, next.end);
  }

  static int64_t getNumParts(Operation *stage) {
    return getSchedule(stage).getNumParts();
  }
  static bool isOnOneCore(Operation *stage) { return getNumParts(stage) == 1; }
  static int64_t getFirstCore(Operation *stage) {
    return getSchedule(stage).firstCore;
  }

  /// Counts the constants that `op` keeps, from the first slice that reads them
  /// to the last.
  void addConstants(Operation *op) {
    Stage stage = getStage(op);
    StageSchedule schedule = getSchedule(stage);
    Box part = schedule.getPart(stage, schedule.getFullestPart(stage));
    int64_t bytes = 0;
    Value first;
    for (const StageOperand &input : stage.inputs) {
      if (!isPackable(input))
        continue;
      first = first ? first : input.tensor;
      bytes += input.getRegion(part).getVolume() * getElementBytes(input.type);
    }
    auto [it, isNew] = constantNumbers.try_emplace(
        {getSlice(op).getGroup(), first}, placements.size());
    if (isNew) {
      placements.emplace_back();
      placements.back().begin = order[op];
    }
    Placement &placement = placements[it->second];
    placement.slices.push_back(op);
    placement.end = order[op];
    placement.partBytes = std::max(placement.partBytes, bytes);
  }

  /// Whether `stage`, which is on one core, reads `value` where it was made.
  bool isInPlace(Value value, Operation *stage) {
    ArrayRef<OpResult> leaves = concats.getLeaves(value);
    return !leaves.empty() && llvm::all_of(leaves, [&](OpResult leaf) {
      return placements[numbers.lookup(leaf)].home == HomeKind::Split &&
             isOnOneCore(leaf.getOwner()) &&
             getFirstCore(leaf.getOwner()) == getFirstCore(stage);
    });
  }

  /// Bytes of the tile at hand and of the next that a stage brings, and of
  /// results that leave.
  int64_t getPassingBytes(Operation *op) {
    Stage stage = getStage(op);
    StageSchedule schedule = getSchedule(stage);
    if (schedule.getNumParts() > 1) {
      // Of a tile, of the one that is brought meanwhile, and results.
      bool hasNext =
          countTiles(getLargestPart(stage, schedule), schedule.tile) > 1;
      return (hasNext ? 3 : 2) * getStagedBytes(stage, schedule);
    }
    Box tile = getTile(stage, schedule);
    bool keeps = keepsConstants(op);
    int64_t bytes = 0;
    for (const StageOperand &input : stage.inputs)
      if (isPackable(input) ? !keeps : !isInPlace(input.tensor, op))
        bytes +=
            3 * input.getRegion(tile).getVolume() * getElementBytes(input.type);
    for (const StageOperand &output : stage.outputs)
      if (placements[numbers.lookup(output.tensor)].getLocalBytes() == 0)
        bytes += 2 * output.getRegion(tile).getVolume() *
                 getElementBytes(output.type);
    return bytes;
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
  /// Returns the bytes that are taken of the memories of all cores at most.
  int64_t makeRoom() {
    for (const Placement &placement : placements)
      if (placement.home == HomeKind::Shared)
        shared.add(placement.begin, placement.end, placement.bytes);
    int64_t capacity = fill * machine.local.bytes;
    // Numbers of the placements that are live, by weight and by end.
    std::set<std::pair<double, size_t>> byWeight;
    std::set<std::pair<int64_t, size_t>> byEnd;
    int64_t used = 0, spread = 0; // of the fullest core, of all cores
    auto leave = [&](size_t number) {
      const Placement &placement = placements[number];
      used -= placement.getLocalBytes();
      spread -= placement.getSpreadBytes(machine.cores);
      byWeight.erase({-placement.getWeight(), number});
      byEnd.erase({placement.end, number});
    };
    size_t next = 0;
    int64_t most = 0;
    for (Operation *op : stages) {
      int64_t stage = order[op];
      for (; next < placements.size() && placements[next].begin <= stage;
           ++next) {
        const Placement &placement = placements[next];
        if (placement.getLocalBytes() == 0)
          continue;
        used += placement.getLocalBytes();
        spread += placement.getSpreadBytes(machine.cores);
        byWeight.insert({-placement.getWeight(), next});
        byEnd.insert({placement.end, next});
      }
      while (!byEnd.empty() && byEnd.begin()->first < stage)
        leave(byEnd.begin()->second);
      int64_t passing = getPassingBytes(op);
      while (passing + used > capacity && !byWeight.empty()) {
        size_t weightiest = byWeight.begin()->second;
        leave(weightiest);
        moveOut(placements[weightiest]);
        passing = getPassingBytes(op);
      }
      most = std::max(most, passing * getNumParts(op) + spread);
    }
    return std::min<int64_t>(most, machine.cores * machine.local.bytes);
  }

  void moveOut(Placement &moved) {
    if (moved.tensors.empty()) {
      moved.home = HomeKind::DRAM;
      return;
    }
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
    for (const Placement &placement : placements) {
      for (OpResult tensor : placement.tensors) {
        SmallVector<HomeKind> &kinds = homes[tensor.getOwner()];
        kinds.resize(tensor.getOwner()->getNumResults());
        kinds[tensor.getResultNumber()] = placement.home;
      }
      if (placement.home != HomeKind::Split)
        for (Operation *op : placement.slices)
          dropConstants(op);
    }
    for (auto &[op, kinds] : homes)
      setHomes(op, kinds);
  }

  /// Lets each slice bring its constants.
  static void dropConstants(Operation *op) {
    SliceAttr slice = getSlice(op);
    setSlice(op, SliceAttr::get(op->getContext(), slice.getGroup(),
                                slice.getNumber(), slice.getCount(),
                                /*resident=*/false));
  }

  func::FuncOp func;
  const MachineDescription &machine;
  double fill;
  llvm::DenseMap<Operation *, int64_t> order;
  SmallVector<Operation *> stages;
  /// Placements of results, and of constants by their group.
  llvm::DenseMap<Value, size_t> numbers;
  /// Of what is concatenated, by the core that keeps it.
  llvm::DenseMap<std::pair<Value, int64_t>, size_t> wholeNumbers;
  ConcatTrees concats;
  llvm::DenseMap<std::pair<int64_t, Value>, size_t> constantNumbers;
  llvm::DenseMap<Value, int64_t> lastUses;
  std::vector<Placement> placements;
  LiveBytes shared; // of the shared memory
};

struct PlaceTensors : impl::NPUPlaceTensorsBase<PlaceTensors> {
  using NPUPlaceTensorsBase::NPUPlaceTensorsBase;

  void runOnOperation() override {
    if (failed(checkFill(getOperation(), fill)))
      return signalPassFailure();
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
  if (failed(checkStageFunction(func)))
    return failure();
  if (func.isExternal())
    return 0;
  for (Operation &op : func.front())
    if (isStage(&op) && failed(checkScheduled(&op, machine)))
      return failure();
  return TensorPlacer(func, machine, fill).run();
}

} // namespace garam::npu
