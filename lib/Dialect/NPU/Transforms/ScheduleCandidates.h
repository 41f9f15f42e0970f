//===- ScheduleCandidates.h - Schedules that a stage may have ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H

#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Bytes of a core's memory that one tile may take.
int64_t getTileMemory(const MachineDescription &machine);

/// Core splits and tiles that fit the machine, those on more cores first.
std::vector<StageSchedule> findSchedules(const Stage &stage,
                                         const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULECANDIDATES_H
