//===- Energy.h - What a command costs in energy ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Dynamic energy of executed commands from the work that Timing.h counts, in
// joules. The simulator and the cost model charge the same.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_ENERGY_H
#define GARAM_TARGET_NPU_MACHINE_ENERGY_H

#include "garam/Target/NPU/Machine/Timing.h"

namespace garam::npu {

/// Multiply-accumulates and accesses to the banks. `machine` must support the
/// command; `time` is its getTime.
double getEnergy(const TensorCommand &command, const EngineTime &time,
                 const MachineDescription &machine);
/// Lane operations and accesses to the banks.
double getEnergy(const VectorCommand &command, const EngineTime &time,
                 const MachineDescription &machine);
/// What the memories and ports of a DMA command move.
double getEnergy(const TransferTime &time, const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_ENERGY_H
