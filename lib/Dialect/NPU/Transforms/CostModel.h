//===- CostModel.h - Estimated time of a stage ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H

#include "EngineTimes.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// What a stage costs under a schedule.
struct StageCost {
  double computeSeconds = 0; // engine time of the busiest core
  double inputSeconds = 0;   // DMA time of activations, of the busiest core
  double weightSeconds = 0;  // DMA time of constants, of the busiest core
  double dramSeconds = 0;    // all cores' DRAM traffic together
  double fixedSeconds = 0;   // synchronisation in front
  double tiles = 1;          // of the busiest core

  /// Weights come ahead of their use and tiles overlap; only the activations
  /// of the first tile are waited for.
  double getSeconds() const {
    double first = inputSeconds / tiles;
    return fixedSeconds + first +
           std::max({computeSeconds, inputSeconds - first + weightSeconds,
                     dramSeconds});
  }
};

/// Size of the largest part of loop `dim`.
int64_t getLargestPart(const Stage &stage, const StageSchedule &schedule,
                       unsigned dim);
/// Bytes that core 0 stages for one tile: inputs that it does not hold and
/// constants.
int64_t getStagedBytes(const Stage &stage, const StageSchedule &schedule);

StageCost estimateCost(const Stage &stage, const StageSchedule &schedule,
                       const MachineDescription &machine,
                       EngineTimes &engineTimes);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COSTMODEL_H
