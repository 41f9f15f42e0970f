//===- QueueClock.cpp - When queues and shared resources are free ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueClock.h"

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Target/NPU/Machine/Energy.h"

namespace garam::npu {

BandwidthLedger::Reservation BandwidthLedger::find(double time,
                                                   double seconds) const {
  // The first busy time that ends after `time`, which is near the last one:
  // queues go forwards.
  const auto *it = busy.end();
  while (it != busy.begin() && std::prev(it)->end >= time)
    --it;
  const auto *first = it;
  double begin = time;
  // All gaps up to the end are filled, so that one busy time remains.
  while (it != busy.end() && it->begin < time + seconds) {
    begin = std::min(begin, it->begin);
    if (it->begin > time)
      seconds -= it->begin - time;
    time = std::max(time, it->end);
    ++it;
  }
  return {static_cast<size_t>(first - busy.begin()),
          static_cast<size_t>(it - busy.begin()),
          {begin, time + seconds}};
}

double BandwidthLedger::reserve(double time, double seconds) {
  if (seconds <= 0)
    return time;
  auto [first, last, whole] = find(time, seconds);
  if (first < last) {
    busy[first] = whole;
    busy.erase(busy.begin() + first + 1, busy.begin() + last);
  } else if (busy.size() < maxIntervals) {
    busy.insert(busy.begin() + first, whole);
  } else if (first > 0) {
    // The oldest one makes room; what would be older is forgotten itself.
    std::move(busy.begin() + 1, busy.begin() + first, busy.begin());
    busy[first - 1] = whole;
  }
  return whole.end;
}

double BandwidthLedger::getEnd(double time, double seconds) const {
  return seconds > 0 ? find(time, seconds).whole.end : time;
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

double QueueClock::getStreamBegin(const Transfer &transfer,
                                  double ready) const {
  double isFree = transfer.isAhead
                      ? freeAhead[transfer.core]
                      : free[getQueue(transfer.core, EngineKind::dma)];
  return std::max(isFree, ready) + transfer.time.startSeconds;
}

/// What a transfer takes of its engine and of memories that others do not slow
/// down.
static double getOwnSeconds(const TransferTime &time) {
  return std::max({time.engineSeconds, time.localSeconds, time.sharedSeconds});
}

template <typename Clock, typename GetEnd>
double QueueClock::getStreamEnd(Clock &clock, const Transfer &transfer,
                                double begin, GetEnd getEnd) {
  const TransferTime &time = transfer.time;
  double end = begin + getOwnSeconds(time);
  if (time.dramSeconds > 0)
    end = std::max(end,
                   getEnd(clock.dram, clock.getDRAMSeconds(transfer, begin)));
  if (transfer.sender >= 0)
    end = std::max(
        end, getEnd(clock.sendPorts[transfer.sender], time.networkSeconds));
  for (int64_t receiver : transfer.receivers)
    end = std::max(end,
                   getEnd(clock.receivePorts[receiver], time.networkSeconds));
  return end;
}

Completion QueueClock::runTransfer(const Transfer &transfer, double ready) {
  unsigned queue = getQueue(transfer.core, EngineKind::dma);
  double begin = getStreamBegin(transfer, ready);
  double end = getStreamEnd(*this, transfer, begin,
                            [&](BandwidthLedger &ledger, double seconds) {
                              return ledger.reserve(begin, seconds);
                            });
  (transfer.isAhead ? freeAhead[transfer.core] : free[queue]) = end;
  const TransferTime &time = transfer.time;
  work.dramBytes += time.dramReadBytes + time.dramWriteBytes;
  work.joules += getEnergy(time, *machine);
  return {end, queue};
}

double QueueClock::getReceiverJoules(const Transfer &transfer) const {
  TransferTime more;
  more.networkBytes = transfer.time.networkBytes;
  more.localBytes = transfer.time.localBytes;
  return getEnergy(more, *machine);
}

double QueueClock::getEnd(const Transfer &transfer, double ready) const {
  double begin = getStreamBegin(transfer, ready);
  return getStreamEnd(*this, transfer, begin,
                      [&](const BandwidthLedger &ledger, double seconds) {
                        return ledger.getEnd(begin, seconds);
                      });
}

double QueueClock::getLeastEnd(const Transfer &transfer) const {
  return getStreamBegin(transfer, /*ready=*/0) + getOwnSeconds(transfer.time);
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

double QueueClock::getEnd(int64_t first, int64_t numCores) const {
  auto begin = free.begin() + first * numEngineKinds;
  return *std::max_element(begin, begin + numCores * numEngineKinds);
}

} // namespace garam::npu
