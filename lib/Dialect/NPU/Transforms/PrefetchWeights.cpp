//===- PrefetchWeights.cpp - Brings weights ahead of their stages ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "Machine.h"
#include "PassOptions.h"
#include "PrefetchSchedule.h"
#include "SharedWork.h"
#include "Tuning.h"
#include "WeightLoads.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUPREFETCHWEIGHTS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Makes `load` go through a new buffer of shared memory. Returns the transfer
/// that fills it.
DMACommandOp stage(DMACommandOp load) {
  Block *block = load->getBlock();
  OpBuilder builder = OpBuilder::atBlockBegin(block);
  int64_t bytes = load.getSizes()[0] * load.getElementBytes();
  auto buffer = BufferOp::create(
      builder, load.getLoc(), BufferType::get(load.getContext()),
      SpaceKind::shared, bytes, nullptr, nullptr, nullptr, nullptr);
  return stageWeightLoad(load, buffer);
}

/// Puts commands into the order that was found for them.
void applyOrder(func::FuncOp func, ArrayRef<ScheduledCommand> order) {
  Operation *end = func.front().getTerminator();
  SetVector<Operation *> cut;
  for (const ScheduledCommand &scheduled : order) {
    Operation *op = scheduled.op;
    if (scheduled.isStaging)
      op = stage(cast<DMACommandOp>(op));
    if (const std::optional<LoadPart> &part = scheduled.part) {
      cut.insert(op);
      op = createPart(cast<DMACommandOp>(op), part->begin, part->size);
    }
    if (scheduled.core)
      cast<DMACommandOp>(op).setCore(*scheduled.core);
    op->moveBefore(end);
  }
  for (Operation *op : cut)
    op->erase();
}

std::vector<Operation *> listOperations(func::FuncOp func) {
  std::vector<Operation *> commands;
  for (Operation &op : func.front().without_terminator())
    commands.push_back(&op);
  return commands;
}

/// The schedules of the commands of a function, as they are or with splits of
/// their loads.
struct Prefetches {
  explicit Prefetches(func::FuncOp func)
      : commands(listOperations(func)), accesses(commands) {}

  PrefetchSchedule schedule(const CommandClock &clock,
                            const MachineDescription &machine,
                            PrefetchOptions options) const {
    return PrefetchSchedule(commands, accesses, clock, machine, options);
  }

  std::vector<Operation *> commands;
  AccessTable accesses;
};

/// When the last of the commands of `func` ends, in seconds, if they stay in
/// their order and loads wait for room up to `fill`; of 0 for none.
double getEnd(func::FuncOp func, const CommandClock &clock,
              const MachineDescription &machine, double fill) {
  return Prefetches(func)
      .schedule(clock, machine, {fill, Prefetch::none})
      .getEnd();
}

/// Moves the loads of `func` if its last command ends before `func`'s does as
/// it is, and returns nothing then; else returns when that ends, in seconds.
FailureOr<std::optional<double>>
moveLoads(func::FuncOp func, const MachineDescription &machine, double fill) {
  OwningOpRef<func::FuncOp> moved = func.clone();
  CommandClock clock(machine), clockOfMoved(machine);
  if (failed(clock.addPrograms(func)) ||
      failed(clockOfMoved.addPrograms(*moved)))
    return failure();
  splitWeightLoads(*moved, tuning::maxLoadBytes);
  Prefetches kept(func), split(*moved);
  std::optional<PrefetchSchedule> before, direct, staged;
  shareWork(func.getContext(), 3, [&](size_t number) {
    if (number == 0)
      direct.emplace(
          split.schedule(clockOfMoved, machine, {fill, Prefetch::direct}));
    else if (number == 1)
      before.emplace(kept.schedule(clock, machine, {fill, Prefetch::none}));
    else if (machine.shared.bytes > 0)
      staged.emplace(
          split.schedule(clockOfMoved, machine, {fill, Prefetch::staged}));
  });
  PrefetchSchedule &best =
      staged && staged->getEnd() < direct->getEnd() ? *staged : *direct;
  if (best.getEnd() >= before->getEnd())
    return std::optional(before->getEnd());
  applyOrder(*moved, best.takeOrder());
  func.getBody().takeBody(moved->getBody());
  return std::optional<double>();
}

struct PrefetchWeights : impl::NPUPrefetchWeightsBase<PrefetchWeights> {
  using NPUPrefetchWeightsBase::NPUPrefetchWeightsBase;

  void runOnOperation() override {
    if (failed(checkFill(getOperation(), fill)))
      return signalPassFailure();
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkCommands(getOperation(), *machine)) ||
        failed(checkNotSynchronized(getOperation())) ||
        failed(checkNotPlanned(getOperation())) ||
        failed(moveLoads(getOperation(), *machine, fill)))
      signalPassFailure();
  }
};

} // namespace

FailureOr<double> prefetchWeights(func::FuncOp func,
                                  const MachineDescription &machine,
                                  double fill) {
  FailureOr<std::optional<double>> kept = moveLoads(func, machine, fill);
  if (failed(kept))
    return failure();
  if (*kept)
    return **kept;
  // The schedule gave ports and DRAM to commands in their old order, so a load
  // got them behind transfers that start later. Now they are asked in the order
  // that commands have. To compare with the old order is not fair: what stays
  // in it is as fast only where addresses are free at once.
  CommandClock clock(machine);
  if (failed(clock.addPrograms(func)))
    return failure();
  return getEnd(func, clock, machine, fill);
}

} // namespace garam::npu
