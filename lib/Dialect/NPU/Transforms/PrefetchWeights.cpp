//===- PrefetchWeights.cpp - Brings weights ahead of their stages ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "Machine.h"
#include "PassOptions.h"
#include "PrefetchSchedule.h"
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

/// When the last of the commands of `func` ends, in seconds, if they stay in
/// their order and loads wait for room up to `fill`; of 0 for none.
double getEnd(func::FuncOp func, const CommandClock &clock,
              const MachineDescription &machine, double fill) {
  return PrefetchSchedule(listOperations(func), clock, machine,
                          {fill, Prefetch::none})
      .getEnd();
}

/// Moves the loads of `func`. Returns when the last command ends by the
/// schedule that moves them, in seconds.
double moveLoads(func::FuncOp func, const CommandClock &clock,
                 const MachineDescription &machine, double fill) {
  splitWeightLoads(func, tuning::maxLoadBytes);
  std::vector<Operation *> commands = listOperations(func);
  PrefetchSchedule direct(commands, clock, machine, {fill, Prefetch::direct});
  if (machine.shared.bytes > 0) {
    PrefetchSchedule staged(commands, clock, machine, {fill, Prefetch::staged});
    if (staged.getEnd() < direct.getEnd()) {
      applyOrder(func, staged.takeOrder());
      return staged.getEnd();
    }
  }
  applyOrder(func, direct.takeOrder());
  return direct.getEnd();
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
        failed(prefetchWeights(getOperation(), *machine, fill)))
      signalPassFailure();
  }
};

} // namespace

FailureOr<double> prefetchWeights(func::FuncOp func,
                                  const MachineDescription &machine,
                                  double fill) {
  OwningOpRef<func::FuncOp> moved = func.clone();
  CommandClock clock(machine), clockOfMoved(machine);
  if (failed(clock.addPrograms(func)) ||
      failed(clockOfMoved.addPrograms(*moved)))
    return failure();
  double before = getEnd(func, clock, machine, fill);
  if (moveLoads(*moved, clockOfMoved, machine, fill) >= before)
    return before;
  func.getBody().takeBody(moved->getBody());
  // The schedule gave ports and DRAM to commands in their old order, so a load
  // got them behind transfers that start later. Now they are asked in the order
  // that commands have. To compare with the old order is not fair: what stays
  // in it is as fast only where addresses are free at once.
  return getEnd(func, clockOfMoved, machine, fill);
}

} // namespace garam::npu
