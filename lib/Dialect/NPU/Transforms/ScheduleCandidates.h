//===- ScheduleCandidates.h - Schedules that a stage may have ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H

#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

#include <limits>

namespace garam::npu {

/// Bytes of a core's memory that one tile may take.
int64_t getTileMemory(const MachineDescription &machine);

/// A core computes at most this many tiles of a stage. A queue may execute more
/// commands (maxExecutedCommands), but each tile becomes several operations
/// before loops are made of them, which take memory and time.
constexpr uint64_t maxStageTiles = uint64_t(1) << 16;

struct FoundSchedules {
  /// Core splits and tiles that fit the machine, those on more cores first, the
  /// first part on the first of the cores asked for.
  std::vector<StageSchedule> schedules;
  /// Tiles of a core of those that fit its memory, at least.
  uint64_t fewestTiles = std::numeric_limits<uint64_t>::max();
};
/// `freeBytes` of a core's memory are not needed for tensors that are kept
/// while the stage runs; they matter where usesFreeBytes says so. It may have
/// `cores`; all where none are given.
FoundSchedules findSchedules(const Stage &stage,
                             const MachineDescription &machine,
                             int64_t freeBytes = 0,
                             std::optional<CoreGroup> cores = std::nullopt);

bool usesFreeBytes(const Stage &stage, const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H
