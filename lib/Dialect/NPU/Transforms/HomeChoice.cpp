//===- HomeChoice.cpp - Which memory a tensor is best kept in -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "HomeChoice.h"

#include "TensorHomes.h"

using namespace mlir;

namespace garam::npu {

/// A tensor that is kept whole in every core takes at most this fraction of a
/// core's memory.
static constexpr int64_t replicatedFraction = 4;

bool isJoined(ArrayRef<OpResult> leaves) {
  return !leaves.empty() && llvm::all_of(leaves, [&](OpResult leaf) {
    return getHome(leaf) == HomeKind::Split &&
           getSchedule(getStage(leaf.getOwner())).getNumParts() == 1 &&
           getLayout(leaf) == getLayout(leaves.front());
  });
}

HomeChoice::HomeChoice(OpResult tensor, const MachineDescription &machine)
    : HomeChoice(getStage(tensor.getOwner()), tensor, machine) {}

HomeChoice::HomeChoice(const Stage &producer, OpResult tensor,
                       const MachineDescription &machine)
    : tensor(tensor), machine(machine) {
  own = needed = producer.outputs[tensor.getResultNumber()].getRegion(
      getSchedule(producer).getPart(producer, 0));
  for (Operation *user : tensor.getUsers()) {
    if (!isStage(user) || !isScheduled(user))
      continue;
    Stage consumer = getStage(user);
    addConsumer(consumer, getSchedule(consumer));
  }
}

void HomeChoice::addConsumer(const Stage &consumer,
                             const StageSchedule &schedule) {
  Box part = schedule.getPart(consumer, 0);
  for (const StageOperand &input : consumer.inputs)
    if (input.tensor == tensor)
      needed = needed.hull(input.getRegion(part));
}

bool HomeChoice::isSpread() const {
  return needed.getVolume() <= maxHaloGrowth * own.getVolume();
}

int64_t HomeChoice::getPartBytes() const {
  int64_t elements = isSpread() ? std::max(own.getVolume(), needed.getVolume())
                                : own.getVolume();
  return elements * getElementBytes(Value(tensor));
}

HomeKind HomeChoice::getKind() const {
  if (isSpread())
    return HomeKind::Split;
  int64_t bytes =
      getTensorType(tensor).getNumElements() * getElementBytes(Value(tensor));
  if (machine.network.multicast &&
      bytes * replicatedFraction <= static_cast<int64_t>(machine.local.bytes))
    return HomeKind::Replicated;
  if (bytes * 2 <= static_cast<int64_t>(machine.shared.bytes))
    return HomeKind::Shared;
  return HomeKind::Split;
}

} // namespace garam::npu
