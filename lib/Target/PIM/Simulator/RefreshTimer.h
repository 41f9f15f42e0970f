//===- RefreshTimer.h - When a rank is due for refresh ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_REFRESHTIMER_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_REFRESHTIMER_H

#include "RankTiming.h"

namespace garam::pim {

/// A rank is due every tREFI; the ranks of a channel are staggered. One that is
/// due while another waits is left out, as in DRAMSim2 (Rosenfeld et al., CAL
/// 2011).
class RefreshTimer {
public:
  RefreshTimer(const Timing &timing, uint32_t rank, uint32_t ranks)
      : interval(timing.tREFI), due(Cycle(interval) / ranks * (rank + 1)) {}

  /// Called in each cycle in which something happens, at `getNextDue` among
  /// them.
  void update(Cycle now) {
    if (now < due)
      return;
    waiting = true;
    due += interval;
  }
  bool isWaiting() const { return waiting; }
  Cycle getNextDue() const { return due; }
  void serve() { waiting = false; }

private:
  Cycle interval;
  Cycle due;
  bool waiting = false;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_REFRESHTIMER_H
