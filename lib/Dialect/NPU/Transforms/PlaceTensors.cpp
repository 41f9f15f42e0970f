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
  int64_t partBytes = 0;      // of the largest core's part, with its halo
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
};

class TensorPlacer {
public:
  TensorPlacer(func::FuncOp func, const MachineDescription &machine,
               double fill)
      : func(func), machine(machine), fill(fill) {}

  void run() {
    for (Operation &op : func.front())
      order[&op] = order.size();
    findLastUses();
    for (Operation &op : func.front()) {
      if (!isStage(&op))
        continue;
      stagedBytes[order[&op]] = getStaged(&op);
      for (OpResult result : op.getResults())
        placements.push_back(choose(result));
    }
    makeRoom();
    write();
  }

private:
  /// Inputs and constants of the tile at hand and of the next, and its result.
  int64_t getStaged(Operation *op) {
    Stage stage = getStage(op);
    return 3 * getStagedBytes(stage, getSchedule(stage));
  }

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

  /// Moves tensors out of local memory where they do not fit beside what a
  /// stage works on; first those whose next use is farthest for their size.
  void makeRoom() {
    int64_t capacity = fill * machine.local.bytes;
    for (auto [stage, staged] : stagedBytes) {
      while (true) {
        int64_t used = staged;
        Placement *largest = nullptr;
        for (Placement &placement : placements) {
          if (placement.begin > stage || placement.end < stage ||
              placement.getLocalBytes() == 0)
            continue;
          used += placement.getLocalBytes();
          if (!largest ||
              getWeight(placement, stage) > getWeight(*largest, stage))
            largest = &placement;
        }
        if (used <= capacity || !largest)
          break;
        moveOut(*largest);
      }
    }
  }

  static int64_t getWeight(const Placement &placement, int64_t stage) {
    return placement.getLocalBytes() * (1 + placement.end - placement.begin);
  }

  void moveOut(Placement &moved) {
    int64_t used = moved.bytes;
    for (const Placement &other : placements)
      if (other.home == HomeKind::Shared && other.begin <= moved.end &&
          moved.begin <= other.end)
        used += other.bytes;
    moved.home =
        used <= fill * machine.shared.bytes ? HomeKind::Shared : HomeKind::DRAM;
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

LogicalResult placeTensors(func::FuncOp func, const MachineDescription &machine,
                           double fill) {
  if (func.isExternal())
    return success();
  for (Operation &op : func.front())
    if (isStage(&op) && failed(checkScheduled(&op)))
      return failure();
  TensorPlacer(func, machine, fill).run();
  return success();
}

} // namespace garam::npu
