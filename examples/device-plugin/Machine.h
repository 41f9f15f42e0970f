//===- Machine.h - What an abacus is ----------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_MACHINE_H
#define ABACUS_MACHINE_H

#include "garam/Target/TargetSchema.h"

namespace abacus {

/// "kind:" of target files, and the device class in binaries.
constexpr llvm::StringLiteral deviceKind = "abacus";

/// A target file: every figure of the machine is here, none in a pass.
struct Machine {
  std::string name;
  double clockHz = 0;
  uint32_t lanes = 0;             // elements that go through a chain each cycle
  uint32_t chainInstructions = 0; // in a chain at most
  double launchSeconds = 0;       // fixed cost of a chain
  double joulesPerOperation = 0;
  /// A stream that is read again and again comes from memory once if it fits.
  uint64_t bufferBytes = 0;
  uint64_t memoryBytes = 0;
  double memoryBytesPerSecond = 0;
  double memoryJoulesPerByte = 0;
  std::optional<garam::HostLink> hostLink;
  double idleWatts = 0;
};

/// Reads and validates a target file.
llvm::Expected<Machine> readMachine(llvm::MemoryBufferRef file);

} // namespace abacus

#endif // ABACUS_MACHINE_H
