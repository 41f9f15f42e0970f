//===- HomeChoice.cpp - Which memory a tensor is best kept in -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "HomeChoice.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace garam::npu {

/// A tensor is kept whole in every core when its consumers need more than this
/// many times a core's own part there.
static constexpr int64_t maxHaloGrowth = 2;
/// A tensor that is kept whole in every core takes at most this fraction of a
/// core's memory.
static constexpr int64_t replicatedFraction = 4;

/// Elements of core 0's part and of what its stages need of the tensor.
static std::pair<int64_t, int64_t> getPartVolumes(OpResult tensor,
                                                  const Candidate *candidate) {
  Stage producer = getStage(tensor.getOwner());
  Box own = producer.outputs[tensor.getResultNumber()].getRegion(
      getSchedule(producer).getPart(producer, 0));
  Box needed = own;
  auto add = [&](const Stage &consumer, const StageSchedule &schedule) {
    Box part = schedule.getPart(consumer, 0);
    for (const StageOperand &input : consumer.inputs)
      if (input.tensor == tensor)
        needed = needed.hull(input.getRegion(part));
  };
  for (Operation *user : tensor.getUsers()) {
    if (candidate && user == candidate->stage.op) {
      add(candidate->stage, candidate->schedule);
      continue;
    }
    if (!isStage(user))
      continue;
    Stage consumer = getStage(user);
    StageSchedule schedule = getSchedule(consumer);
    if (!schedule.split.empty())
      add(consumer, schedule);
  }
  return {own.getVolume(), needed.getVolume()};
}

HomeChoice chooseHome(OpResult tensor, const MachineDescription &machine,
                      const Candidate *candidate) {
  HomeChoice choice;
  if (tensor.hasOneUse() && isa<func::ReturnOp>(*tensor.user_begin())) {
    choice.kind = HomeKind::Output;
    return choice;
  }
  int64_t elementBytes = getElementBytes(Value(tensor));
  int64_t bytes = getTensorType(tensor).getNumElements() * elementBytes;
  auto [own, needed] = getPartVolumes(tensor, candidate);
  bool isSpread = needed <= maxHaloGrowth * own;
  choice.partBytes = (isSpread ? std::max(own, needed) : own) * elementBytes;
  if (isSpread)
    return choice;
  if (machine.network.multicast &&
      bytes * replicatedFraction <= static_cast<int64_t>(machine.local.bytes))
    choice.kind = HomeKind::Replicated;
  else if (bytes * 2 <= static_cast<int64_t>(machine.shared.bytes))
    choice.kind = HomeKind::Shared;
  return choice;
}

} // namespace garam::npu
