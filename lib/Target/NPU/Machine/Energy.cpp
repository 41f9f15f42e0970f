//===- Energy.cpp - What a command costs in energy ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/Energy.h"

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

double getEnergy(const TensorCommand &command, const EngineTime &time,
                 const MachineDescription &machine) {
  return static_cast<double>(time.macs) *
             machine.findMode(command.activation.type)->energyPerMAC +
         static_cast<double>(time.localBytes) * machine.local.energyPerByte;
}

double getEnergy(const VectorCommand &command, const EngineTime &time,
                 const MachineDescription &machine) {
  return static_cast<double>(time.vectorOperations) *
             (isNarrow(command) ? machine.vector.energyPerOp16
                                : machine.vector.energyPerOp32) +
         static_cast<double>(time.localBytes) * machine.local.energyPerByte;
}

double getEnergy(const TransferTime &time, const MachineDescription &machine) {
  return static_cast<double>(time.localBytes) * machine.local.energyPerByte +
         static_cast<double>(time.sharedBytes) * machine.shared.energyPerByte +
         static_cast<double>(time.networkBytes) *
             machine.network.energyPerByte +
         static_cast<double>(time.dramReadBytes + time.dramWriteBytes) *
             machine.dram.energyPerByte;
}

} // namespace garam::npu
