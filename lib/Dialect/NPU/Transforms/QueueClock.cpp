//===- QueueClock.cpp - When queues and shared resources are free ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueClock.h"

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Target/NPU/Machine/Energy.h"

namespace garam::npu {

/// A ledger remembers this many busy times. Older ones are forgotten: queues
/// have long passed them.
static constexpr size_t maxIntervals = 32;

double BandwidthLedger::reserve(double time, double seconds) {
  if (seconds <= 0)
    return time;
  // The first busy time that ends after `time`.
  auto *it = llvm::find_if(
      busy, [&](const Interval &interval) { return interval.end >= time; });
  double begin = time;
  auto *first = it;
  // All gaps up to the end are filled, so that one busy time remains.
  while (it != busy.end() && it->begin < time + seconds) {
    begin = std::min(begin, it->begin);
    if (it->begin > time)
      seconds -= it->begin - time;
    time = std::max(time, it->end);
    ++it;
  }
  double end = time + seconds;
  it = busy.erase(first, it);
  busy.insert(it, {begin, end});
  if (busy.size() > maxIntervals)
    busy.erase(busy.begin());
  return end;
}

QueueClock::QueueClock(const MachineDescription &machine)
    : machine(&machine), free(machine.cores * numEngineKinds, 0.0),
      freeAhead(machine.cores, 0.0), sendPorts(machine.cores),
      receivePorts(machine.cores), contractions(machine.cores) {}

double QueueClock::getArrival(const Completion &completion,
                              unsigned queue) const {
  if (completion.queue == queue)
    return completion.time;
  bool isLocal = completion.queue / numEngineKinds == queue / numEngineKinds;
  return completion.time + (isLocal ? machine->synchronisation.localSeconds
                                    : machine->synchronisation.remoteSeconds);
}

Completion QueueClock::runEngine(int64_t core, EngineKind engine, double ready,
                                 double seconds, double joules) {
  work.joules += joules;
  unsigned queue = getQueue(core, engine);
  double begin = std::max(free[queue], ready);
  if (machine->vector.excludesTensor())
    begin = std::max({begin, free[getQueue(core, EngineKind::tensor)],
                      free[getQueue(core, EngineKind::vector)]});
  free[queue] = begin + seconds;
  if (engine == EngineKind::tensor)
    contractions[core] = {begin, free[queue]};
  return {free[queue], queue};
}

double QueueClock::getDRAMSeconds(const Transfer &transfer,
                                  double begin) const {
  const TransferTime &time = transfer.time;
  const Contraction &contraction = contractions[transfer.core];
  double common = std::min(begin + time.streamSeconds, contraction.end) -
                  std::max(begin, contraction.begin);
  if (common <= 0)
    return time.dramSeconds;
  double lost = machine->dram.contractionSlowdown;
  return time.dramSeconds *
         (1 + common / time.streamSeconds * lost / (1 - lost));
}

Completion QueueClock::runTransfer(const Transfer &transfer, double ready) {
  unsigned queue = getQueue(transfer.core, EngineKind::dma);
  double &isFree = transfer.isAhead ? freeAhead[transfer.core] : free[queue];
  const TransferTime &time = transfer.time;
  double begin = std::max(isFree, ready) + time.startSeconds;
  double end = begin + std::max(time.engineSeconds, time.localSeconds);
  end = std::max(end, begin + time.sharedSeconds);
  if (time.dramSeconds > 0)
    end = std::max(end, dram.reserve(begin, getDRAMSeconds(transfer, begin)));
  if (transfer.sender >= 0)
    end = std::max(
        end, sendPorts[transfer.sender].reserve(begin, time.networkSeconds));
  for (int64_t receiver : transfer.receivers)
    end = std::max(end,
                   receivePorts[receiver].reserve(begin, time.networkSeconds));
  isFree = end;
  work.dramBytes += time.dramReadBytes + time.dramWriteBytes;
  work.joules += getEnergy(time, *machine);
  return {end, queue};
}

double QueueClock::getLeastEnd(const Transfer &transfer) const {
  const TransferTime &time = transfer.time;
  double isFree = transfer.isAhead
                      ? freeAhead[transfer.core]
                      : free[getQueue(transfer.core, EngineKind::dma)];
  return isFree + time.startSeconds +
         std::max({time.engineSeconds, time.localSeconds, time.sharedSeconds});
}

void QueueClock::delay(double since, double seconds,
                       const QueueWork &repeated) {
  work.dramBytes += repeated.dramBytes;
  work.joules += repeated.joules;
  for (double &time : free)
    if (time > since)
      time += seconds;
}

double QueueClock::getEnd() const {
  return *std::max_element(free.begin(), free.end());
}

} // namespace garam::npu
