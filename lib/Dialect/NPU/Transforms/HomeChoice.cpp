//===- HomeChoice.cpp - Which memory a tensor is best kept in -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "HomeChoice.h"

#include "TensorHomes.h"
#include "Tuning.h"

using namespace mlir;

namespace garam::npu {

bool isJoined(ArrayRef<OpResult> leaves) {
  if (leaves.empty())
    return false;
  auto getScheduleOf = [](OpResult leaf) {
    return getSchedule(leaf.getOwner());
  };
  int64_t core = getScheduleOf(leaves.front()).firstCore;
  return llvm::all_of(leaves, [&](OpResult leaf) {
    StageSchedule schedule = getScheduleOf(leaf);
    return getHome(leaf) == HomeKind::Split && schedule.getNumParts() == 1 &&
           schedule.firstCore == core &&
           getLayout(leaf) == getLayout(leaves.front());
  });
}

HomeChoice::HomeChoice(const Stage &producer, const StageSchedule &schedule,
                       OpResult tensor, const MachineDescription &machine)
    : tensor(tensor), machine(machine) {
  const StageOperand &output = producer.outputs[tensor.getResultNumber()];
  int64_t fullest = schedule.getFullestPart(producer);
  for (int64_t part : {int64_t(0), fullest}) {
    Box own = output.getRegion(schedule.getPart(producer, part));
    parts.push_back({schedule.getCore(part), own, own});
    if (fullest == 0)
      break;
  }
}

HomeChoice::HomeChoice(OpResult tensor, const MachineDescription &machine)
    : HomeChoice(getStage(tensor.getOwner()),
                 getSchedule(getStage(tensor.getOwner())), tensor, machine) {
  for (Operation *user : tensor.getUsers()) {
    if (!isStage(user) || !isScheduled(user))
      continue;
    Stage consumer = getStage(user);
    addConsumer(consumer, getSchedule(consumer));
  }
}

void HomeChoice::addConsumer(const Stage &consumer,
                             const StageSchedule &schedule) {
  bool sharesCores = false;
  for (Part &part : parts) {
    std::optional<int64_t> number = schedule.findPart(part.core);
    if (!number)
      continue;
    sharesCores = true;
    Box loops = schedule.getPart(consumer, *number);
    for (const StageOperand &input : consumer.inputs)
      if (input.tensor == tensor)
        part.needed = part.needed.hull(input.getRegion(loops));
  }
  if (sharesCores)
    return;
  Box loops = schedule.getPart(consumer, 0);
  for (const StageOperand &input : consumer.inputs)
    if (input.tensor == tensor)
      neededElsewhere =
          std::max(neededElsewhere, input.getRegion(loops).getVolume());
}

bool HomeChoice::isSpread() const {
  const Part &first = parts.front();
  return std::max(first.needed.getVolume(), neededElsewhere) <=
         tuning::maxHaloGrowth * first.own.getVolume();
}

int64_t HomeChoice::getPartBytes() const {
  bool withHalo = isSpread();
  int64_t elements = 0;
  for (const Part &part : parts)
    elements = std::max({elements, part.own.getVolume(),
                         withHalo ? part.needed.getVolume() : 0});
  return elements * getElementBytes(Value(tensor));
}

HomeKind HomeChoice::getKind() const {
  if (isSpread())
    return HomeKind::Split;
  int64_t bytes =
      getTensorType(tensor).getNumElements() * getElementBytes(Value(tensor));
  if (machine.network.multicast &&
      bytes * tuning::replicatedFraction <=
          static_cast<int64_t>(machine.local.bytes))
    return HomeKind::Replicated;
  if (bytes * tuning::sharedFraction <=
      static_cast<int64_t>(machine.shared.bytes))
    return HomeKind::Shared;
  return HomeKind::Split;
}

} // namespace garam::npu
