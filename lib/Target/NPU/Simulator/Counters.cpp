//===- Counters.cpp - Work, traffic and energy of a simulated NPU ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NPUDevice.h"

#include "llvm/ADT/STLExtras.h"

namespace garam::npu {

/// Whether all elements of a vector command fit 16 bits, so that lanes spend
/// the energy of the narrower operation.
static bool isNarrow(const VectorCommand &command) {
  auto fits = [](ElementType type) { return getByteWidth(type) <= 2; };
  return llvm::all_of(command.inputs,
                      [&](const Descriptor &d) { return fits(d.type); }) &&
         llvm::all_of(command.outputs, [&](const VectorOutput &output) {
           return fits(output.descriptor.type);
         });
}

/// Adds an executed command to counters and energy.
void NPUDevice::count(const PreparedCommand &entry, const Command &command) {
  uint64_t localBytes = 0, sharedBytes = 0, networkBytes = 0, dramBytes = 0;
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    result.macs += entry.engine.macs;
    localBytes = entry.engine.localBytes;
    result.energyJoule +=
        static_cast<double>(entry.engine.macs) *
        machine.findMode(tensor->activation.type)->energyPerMAC;
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    result.vectorOperations += entry.engine.vectorOperations;
    localBytes = entry.engine.localBytes;
    result.energyJoule += static_cast<double>(entry.engine.vectorOperations) *
                          (isNarrow(*vector) ? machine.vector.energyPerOp16
                                             : machine.vector.energyPerOp32);
  } else {
    const TransferTime &transfer = entry.transfer;
    localBytes = transfer.localBytes;
    sharedBytes = transfer.sharedBytes;
    networkBytes = transfer.networkBytes;
    dramBytes = transfer.dramReadBytes + transfer.dramWriteBytes;
    result.dramReadBytes += transfer.dramReadBytes;
    result.dramWriteBytes += transfer.dramWriteBytes;
  }
  result.localBytes += localBytes;
  result.sharedBytes += sharedBytes;
  result.networkBytes += networkBytes;
  result.energyJoule +=
      static_cast<double>(localBytes) * machine.local.energyPerByte +
      static_cast<double>(sharedBytes) * machine.shared.energyPerByte +
      static_cast<double>(networkBytes) * machine.network.energyPerByte +
      static_cast<double>(dramBytes) * machine.dram.energyPerByte;
}

} // namespace garam::npu
