//===- Transfers.cpp - DMA packets and the resources they share -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NPUDevice.h"

namespace garam::npu {

void NPUDevice::startTransfer(uint32_t queue, const DMACommand &command,
                              const TransferTime &time) {
  QueueState &state = queues[queue];
  uint16_t core = program.queues[queue].core;
  Transfer &transfer = state.transfer;
  transfer.resources.clear();
  auto use = [&](sim::BandwidthServer &server, double seconds,
                 TimeCategory category) {
    sim::Time total = sim::getTime(seconds);
    if (total > 0)
      transfer.resources.push_back({&server, category, total, total});
  };
  use(ports[core].engine, time.engineSeconds, TimeCategory::NetworkBandwidth);
  use(ports[core].banks, time.localSeconds, TimeCategory::LocalBandwidth);
  use(ports[core].shared, time.sharedSeconds, TimeCategory::NetworkBandwidth);
  if (time.networkSeconds > 0) {
    const Address &from = command.source.address;
    const Address &to = command.destination.address;
    if (command.kind != DMAKind::Fill && from.space == MemorySpace::Local)
      use(ports[from.index].send, time.networkSeconds,
          TimeCategory::NetworkBandwidth);
    if (to.space == MemorySpace::Local)
      for (unsigned receiver = 0; receiver < machine.cores; ++receiver)
        if (command.multicast
                ? receiver < 64 && command.multicast >> receiver & 1
                : receiver == to.index)
          use(ports[receiver].receive, time.networkSeconds,
              TimeCategory::NetworkBandwidth);
  }
  if (time.dramSeconds > 0) {
    use(dram, time.dramSeconds, TimeCategory::DRAMBandwidth);
    transfer.resources.back().slowTotal = sim::getTime(
        time.dramSeconds / (1.0 - machine.dram.contractionSlowdown));
  }
  transfer.numPackets = time.packets;
  transfer.nextPacket = 0;
  sim::Time startUp = sim::getTime(time.startSeconds);
  transfer.end = sim::addTime(kernel.now(), startUp);
  charge(queue, TimeCategory::FixedCost, startUp);
  schedule(startUp, EventKind::Packet, queue);
}

/// Part `number` of `total` that is divided into `parts` without a remainder.
static sim::Time getPart(sim::Time total, uint64_t number, uint64_t parts) {
  auto upTo = [&](uint64_t count) {
    return static_cast<sim::Time>(static_cast<unsigned __int128>(total) *
                                  count / parts);
  };
  return upTo(number + 1) - upTo(number);
}

/// Reserves the resources for a packet. Each has a buffer, so that a packet
/// which waits for one of them does not hold the others. The next packet
/// follows when the engine is free and this one is under way everywhere.
void NPUDevice::sendPacket(uint32_t queue) {
  QueueState &state = queues[queue];
  Transfer &transfer = state.transfer;
  bool slow = contracting[program.queues[queue].core];
  const sim::BandwidthServer *engine =
      &ports[program.queues[queue].core].engine;
  sim::Time now = kernel.now();
  sim::Time next = now, end = now, service = 0;
  TimeCategory slowest = TimeCategory::NetworkBandwidth;
  for (const ResourceUse &use : transfer.resources) {
    sim::Time duration = getPart(slow ? use.slowTotal : use.total,
                                 transfer.nextPacket, transfer.numPackets);
    sim::BandwidthServer::Slot slot = use.server->reserve(now, duration);
    next = std::max(next, use.server == engine ? slot.end : slot.start);
    if (slot.end >= end) {
      end = slot.end;
      service = duration;
      slowest = use.category;
    }
  }
  // The packet brings the end of the transfer nearer by this much; what is not
  // its own service at the resource that ended last was spent behind others.
  sim::Time progress = end > transfer.end ? end - transfer.end : 0;
  service = std::min(service, progress);
  charge(queue, slowest, service);
  charge(queue, TimeCategory::Contention, progress - service);
  transfer.end += progress;
  if (++transfer.nextPacket < transfer.numPackets)
    schedule(next - now, EventKind::Packet, queue);
  else
    schedule(transfer.end - now, EventKind::CommandEnds, queue);
}

} // namespace garam::npu
