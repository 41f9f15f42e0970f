//===- Machine.h - What a host processor is ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The simulated host: its time comes from its target file (docs/targets.md) and
// never from the clock of the machine that runs the simulation.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_HOST_MACHINE_H
#define GARAM_TARGET_HOST_MACHINE_H

#include "garam/Target/TargetSchema.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace garam::host {

/// The device class in target files, attributes and binaries.
constexpr llvm::StringLiteral deviceKind = "host";

/// The vector registers of a processor that native code is for.
struct VectorRegisters {
  unsigned bits = 256; // of one
  unsigned number = 16;
};

struct MachineDescription {
  std::string name;
  double clockHz = 0;
  uint32_t cores = 0;
  double operationsPerCycle = 0;    // of a core
  double operationsPerFunction = 0; // of an exponential or the like
  double energyPerOperation = 0;    // J
  double memoryBytesPerSecond = 0;
  double memoryEnergyPerByte = 0; // J
  double idleWatts = 0;

  double getOperationsPerSecond() const {
    return cores * clockHz * operationsPerCycle;
  }
};

/// Reads a target file of kind "host". All that is wrong is reported, joined,
/// each with file, line and column (ExitCode::Config).
llvm::Expected<MachineDescription> readTargetFile(llvm::MemoryBufferRef file);

/// All fields of such a file, in the order of docs/targets.md.
std::vector<TargetField> getTargetFields();

} // namespace garam::host

#endif // GARAM_TARGET_HOST_MACHINE_H
