//===- Counters.cpp - Work, traffic and energy of a simulated NPU ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NPUDevice.h"

#include "garam/Target/NPU/Machine/Energy.h"

namespace garam::npu {

/// Adds an executed command to counters and energy.
void NPUDevice::count(const PreparedCommand &entry, const Command &command) {
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    result.macs += entry.engine.macs;
    result.localBytes += entry.engine.localBytes;
    result.energyJoule += getEnergy(*tensor, entry.engine, machine);
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    result.vectorOperations += entry.engine.vectorOperations;
    result.localBytes += entry.engine.localBytes;
    result.energyJoule += getEnergy(*vector, entry.engine, machine);
  } else {
    const TransferTime &transfer = entry.transfer;
    result.dramReadBytes += transfer.dramReadBytes;
    result.dramWriteBytes += transfer.dramWriteBytes;
    result.localBytes += transfer.localBytes;
    result.sharedBytes += transfer.sharedBytes;
    result.networkBytes += transfer.networkBytes;
    result.energyJoule += getEnergy(transfer, machine);
  }
}

} // namespace garam::npu
