//===- Machine.cpp - Target files of the abacus ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

using namespace garam;

namespace abacus {

// Ranges keep products of figures far from overflow and catch a value in the
// wrong unit; they do not say what is plausible.
static constexpr double tebi = double(uint64_t(1) << 40);
static constexpr FigureRange anyBytes = {1, tebi};
static constexpr FigureRange anyRate = {1e3, 1e15};
static constexpr FigureRange anySeconds = {0, 1};
static constexpr FigureRange anyEnergy = {0, 1e-6};

/// The schema: what is not here, no target file of this kind may have.
static void visitFields(TargetSchemaVisitor &v, Machine &m) {
  v.figure({"clock_hz", "Hz", {1e6, 1e11}, "clock of the lanes"}, &m.clockHz);
  v.figure({"lanes", "", {1, 65536}, "elements a cycle"}, &m.lanes);
  v.figure(
      {"chain_instructions", "", {2, 1024}, "instructions of a chain at most"},
      &m.chainInstructions);
  v.figure({"launch_seconds", "s", anySeconds, "fixed cost of a chain"},
           &m.launchSeconds);
  v.figure({"energy_joules_per_operation", "J", anyEnergy,
            "energy of one addition, product or comparison"},
           &m.joulesPerOperation);
  v.figure({"buffer_bytes", "B", anyBytes,
            "of each stream, for one that is read again and again"},
           &m.bufferBytes);
  v.section("memory", /*required=*/true, "the memory that streams are in", [&] {
    v.figure({"bytes", "B", anyBytes, "size"}, &m.memoryBytes);
    v.figure({"bytes_per_second", "B/s", anyRate, "of reads and writes"},
             &m.memoryBytesPerSecond);
    v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
              "energy of reading or writing a byte"},
             &m.memoryJoulesPerByte);
  });
  garam::visitHostLink(v, m.hostLink, /*isRequired=*/false);
  v.figure({"idle_watts", "W", {0, 1e4}, "power of a machine without work"},
           &m.idleWatts);
}

llvm::Expected<Machine> readMachine(llvm::MemoryBufferRef file) {
  Machine machine;
  if (llvm::Error error = readTargetFields(
          file, deviceKind, machine.name,
          [&](TargetSchemaVisitor &v) { visitFields(v, machine); },
          [](TargetRelations &) {}))
    return std::move(error);
  return machine;
}

} // namespace abacus
