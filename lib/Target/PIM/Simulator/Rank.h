//===- Rank.h - A rank and what its controller knows of it ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_RANK_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_RANK_H

#include "CommandQueue.h"
#include "RankData.h"
#include "RefreshTimer.h"

namespace garam::pim {

struct Rank {
  Rank(const MachineDescription &machine, uint32_t number, bool timingOnly)
      : timing(machine), queue(machine.controller.commandQueueDepth),
        refresh(machine.timing, number, machine.geometry.ranks),
        data(machine, timingOnly) {}

  RankTiming timing;
  CommandQueue queue;
  RefreshTimer refresh;
  RankData data;
  /// Rows have been closed for a refresh that waits.
  bool isClosedForRefresh = false;
  /// The bank at which the search for a row to close begins.
  uint32_t nextToClose = 0;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_RANK_H
