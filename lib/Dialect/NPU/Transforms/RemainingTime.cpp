//===- RemainingTime.cpp - What follows a stage, roughly ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RemainingTime.h"

#include "TileGeometry.h"
#include "Tuning.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// A core split of a stage.
struct Option {
  StageSchedule schedule; // the fastest with this split
  double engineSeconds, weightSeconds;
  double behind = 0; // of what follows it

  /// Of the stage.
  double getSeconds() const { return std::max(engineSeconds, weightSeconds); }
};

/// A stage that reads what stages in front of it make.
struct Consumer {
  Stage stage;
  std::vector<Option> options;
  unsigned numProducers; // that are still to come
};

class Follower {
public:
  explicit Follower(const MachineDescription &machine) : machine(machine) {}

  std::vector<Option> findOptions(const Stage &stage,
                                  StageFamily &family) const;
  StageSeconds getStageSeconds(const Stage &stage,
                               ArrayRef<Option> options) const;
  /// Sets what is behind the options of `producer`.
  void follow(const Stage &producer, std::vector<Option> &options,
              const Consumer &consumer) const;

private:
  /// In which `bytes` pass a core's port, of any rate where none is given.
  double getPortSeconds(int64_t bytes) const {
    uint32_t rate = machine.network.bytesPerCyclePerCore;
    return rate == 0 ? 0 : bytes / (rate * machine.clockHz);
  }
  double getReadSeconds(const Stage &stage) const;
  double getWeightSeconds(const Stage &stage,
                          const StageSchedule &schedule) const;
  double getExchangeSeconds(const StageOperand &output, ArrayRef<Box> pieces,
                            const Stage &consumer,
                            const StageSchedule &schedule) const;
  double getFetchSeconds(ArrayRef<Box> pieces, int64_t core, const Box &needed,
                         int64_t elementBytes) const;

  const MachineDescription &machine;
};

} // namespace

/// The first stage behind `stage` that reads its first result, or null.
static Operation *findConsumer(Operation *stage) {
  Operation *first = nullptr;
  for (Operation *user : stage->getResult(0).getUsers())
    if (isStage(user) && (!first || user->isBeforeInBlock(first)))
      first = user;
  return first;
}

/// The splits of a stage, each with the tiles that take least.
std::vector<Option> Follower::findOptions(const Stage &stage,
                                          StageFamily &family) const {
  std::vector<Option> options;
  for (const Candidate &candidate :
       family.getCandidates(/*freeBytes=*/0).candidates) {
    const StageSchedule &schedule = candidate.schedule;
    double engine = candidate.engineSeconds;
    double weights = getWeightSeconds(stage, schedule);
    auto same = llvm::find_if(options, [&](const Option &option) {
      return option.schedule.split == schedule.split;
    });
    if (same == options.end())
      options.push_back({schedule, engine, weights});
    else if (std::max(engine, weights) < same->getSeconds())
      *same = {schedule, engine, weights};
  }
  return options;
}

/// Until all weights are read from DRAM and those of a core have passed its
/// port.
double Follower::getWeightSeconds(const Stage &stage,
                                  const StageSchedule &schedule) const {
  Box part = Box::ofShape(getLargestPart(stage, schedule));
  int64_t bytes = 0;
  for (const StageOperand &input : stage.inputs)
    if (isPackable(input))
      bytes += input.getRegion(part).getVolume() * getElementBytes(input.type);
  return std::max(getPortSeconds(bytes), getReadSeconds(stage));
}

/// Until all weights are read from DRAM.
double Follower::getReadSeconds(const Stage &stage) const {
  int64_t bytes = 0;
  for (const StageOperand &input : stage.inputs)
    if (isPackable(input))
      bytes += getTensorType(input.tensor).getNumElements() *
               getElementBytes(input.type);
  return bytes / (machine.dram.bytesPerSecond * machine.dram.efficiency);
}

StageSeconds Follower::getStageSeconds(const Stage &stage,
                                       ArrayRef<Option> options) const {
  StageSeconds seconds;
  seconds.weights = getReadSeconds(stage);
  seconds.onCores.assign(machine.cores, HUGE_VAL);
  double handover =
      machine.synchronisation.remoteSeconds + machine.dma.startSeconds;
  for (const Option &option : options) {
    int64_t parts = option.schedule.getNumParts();
    double own = option.engineSeconds;
    double &least = seconds.onCores[parts - 1];
    least = std::min(least, own + (parts > 1 ? handover : 0));
    // Where no option has so many, a part is as much larger.
    for (int64_t fewer = parts - 1; fewer > parts / 2; --fewer)
      seconds.onCores[fewer - 1] =
          std::min(seconds.onCores[fewer - 1], own * parts / fewer + handover);
  }
  for (size_t i = 1; i < seconds.onCores.size(); ++i)
    seconds.onCores[i] = std::min(seconds.onCores[i], seconds.onCores[i - 1]);
  return seconds;
}

/// What `core` takes to bring `needed` of a tensor of which each core has a
/// piece.
double Follower::getFetchSeconds(ArrayRef<Box> pieces, int64_t core,
                                 const Box &needed,
                                 int64_t elementBytes) const {
  bool hasOwn = core < static_cast<int64_t>(pieces.size());
  if (hasOwn && pieces[core].contains(needed))
    return 0;
  int64_t transfers = 0, bytes = 0;
  for (auto [other, piece] : llvm::enumerate(pieces)) {
    if (static_cast<int64_t>(other) == core)
      continue;
    int64_t volume = piece.intersect(needed).getVolume();
    transfers += volume > 0;
    bytes += volume * elementBytes;
  }
  // What all cores need they send to each other, all at once.
  if (hasOwn && machine.network.multicast &&
      pieces[core].hull(needed).getVolume() >
          tuning::maxHaloGrowth * pieces[core].getVolume())
    transfers = 1;
  return machine.synchronisation.remoteSeconds +
         transfers * machine.dma.startSeconds + getPortSeconds(bytes);
}

/// What the cores take to bring the parts that they need of `output`: one at
/// an edge and one in the middle, which has more neighbours.
double Follower::getExchangeSeconds(const StageOperand &output,
                                    ArrayRef<Box> pieces, const Stage &consumer,
                                    const StageSchedule &schedule) const {
  double seconds = 0;
  for (int64_t core : {int64_t(0), schedule.getNumParts() / 2}) {
    Box part = schedule.getPart(consumer, core);
    for (const StageOperand &input : consumer.inputs)
      if (input.tensor == output.tensor)
        seconds = std::max(seconds,
                           getFetchSeconds(pieces, core, input.getRegion(part),
                                           getElementBytes(output.type)));
  }
  return seconds;
}

void Follower::follow(const Stage &producer, std::vector<Option> &options,
                      const Consumer &consumer) const {
  const StageOperand &output = producer.outputs.front();
  for (Option &option : options) {
    std::vector<Box> pieces;
    for (int64_t core = 0; core < option.schedule.getNumParts(); ++core)
      pieces.push_back(
          output.getRegion(option.schedule.getPart(producer, core)));
    option.behind = HUGE_VAL;
    for (const Option &next : consumer.options) {
      double seconds = next.getSeconds() + next.behind;
      if (seconds < option.behind)
        option.behind = std::min(option.behind,
                                 seconds + getExchangeSeconds(output, pieces,
                                                              consumer.stage,
                                                              next.schedule));
    }
  }
}

RemainingTime::RemainingTime(ArrayRef<Operation *> stages,
                             StageFamilies &families,
                             const MachineDescription &machine)
    : entries(stages.size()), stageSeconds(stages.size()) {
  // What a consumer's options take of memory is given back as soon as nobody
  // asks for them any more.
  DenseMap<Operation *, unsigned> numProducers;
  for (Operation *op : stages)
    if (Operation *consumer = findConsumer(op))
      ++numProducers[consumer];
  DenseMap<Operation *, Consumer> consumers;
  Follower follower(machine);
  for (size_t number = stages.size(); number-- > 0;) {
    Operation *op = stages[number];
    Stage stage = getStage(op);
    std::vector<Option> options =
        follower.findOptions(stage, *families.get(number));
    stageSeconds[number] = follower.getStageSeconds(stage, options);
    if (auto it = consumers.find(findConsumer(op)); it != consumers.end()) {
      follower.follow(stage, options, it->second);
      if (--it->second.numProducers == 0)
        consumers.erase(it);
    }
    for (const Option &option : options)
      entries[number].push_back({option.schedule.split, option.behind});
    if (unsigned count = numProducers.lookup(op))
      consumers.try_emplace(
          op, Consumer{std::move(stage), std::move(options), count});
  }
}

double RemainingTime::get(size_t number, ArrayRef<int64_t> split) const {
  for (const Entry &entry : entries[number])
    if (ArrayRef<int64_t>(entry.split) == split)
      return entry.seconds;
  return 0;
}

} // namespace garam::npu
