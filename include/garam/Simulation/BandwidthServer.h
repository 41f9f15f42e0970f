//===- BandwidthServer.h - A shared resource with a rate --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SIMULATION_BANDWIDTHSERVER_H
#define GARAM_SIMULATION_BANDWIDTHSERVER_H

#include "garam/Simulation/Kernel.h"

namespace garam::sim {

/// Serves requests one after the other in the order in which they are made: a
/// DRAM channel, a link, a port. Requesters that split their transfers into
/// packets and ask for one at a time share the rate evenly.
class BandwidthServer {
public:
  struct Slot {
    Time start, end;
  };

  /// Reserves `duration` of service, from `earliest` on at the soonest.
  /// Requests must come in order of simulated time.
  Slot reserve(Time earliest, Time duration) {
    Time start = earliest > freeAt ? earliest : freeAt;
    freeAt = addTime(start, duration);
    busyTime = addTime(busyTime, duration);
    return {start, freeAt};
  }

  /// How long the server has been reserved in all.
  Time getBusyTime() const { return busyTime; }

private:
  Time freeAt = 0;
  Time busyTime = 0;
};

} // namespace garam::sim

#endif // GARAM_SIMULATION_BANDWIDTHSERVER_H
