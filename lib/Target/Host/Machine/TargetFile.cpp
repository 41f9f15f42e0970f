//===- TargetFile.cpp - The host's part of a target file ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Machine.h"

using namespace llvm;

namespace garam::host {

// Ranges catch a value in the wrong unit; they do not say what is plausible.
static constexpr FigureRange anyClock = {1e6, 1e11};
static constexpr FigureRange anyCount = {1, 65536};
static constexpr FigureRange anyBytesPerSecond = {1e6, 1e15};
static constexpr FigureRange anyEnergy = {0, 1e-6};

static void visitTargetSchema(TargetSchemaVisitor &v, MachineDescription &m) {
  v.figure({"clock_hz", "Hz", anyClock, "clock of all cores"}, &m.clockHz);
  v.figure({"cores", "", anyCount, "equal cores"}, &m.cores);
  v.figure({"operations_per_cycle", "", anyCount,
            "arithmetic operations of a core a cycle; a multiply-accumulate is "
            "two"},
           &m.operationsPerCycle);
  v.figure({"operations_per_function", "", anyCount,
            "operations that an exponential, logarithm, tanh or the like "
            "counts as"},
           &m.operationsPerFunction);
  v.figure({"energy_joules_per_operation", "J", anyEnergy,
            "energy of an arithmetic operation"},
           &m.energyPerOperation);
  v.section("memory", true, "what all cores share", [&] {
    v.figure({"bytes_per_second", "B/s", anyBytesPerSecond,
              "what all cores together reach"},
             &m.memoryBytesPerSecond);
    v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
              "energy of reading or writing a byte"},
             &m.memoryEnergyPerByte);
  });
  v.figure({"idle_watts",
            "W",
            {0, 1e4},
            "power when nothing runs; counted all the time"},
           &m.idleWatts);
}

Expected<MachineDescription> readTargetFile(MemoryBufferRef file) {
  MachineDescription machine;
  if (Error error = readTargetFields(
          file, deviceKind, machine.name,
          [&](TargetSchemaVisitor &v) { visitTargetSchema(v, machine); },
          [](TargetRelations &) {}))
    return std::move(error);
  return machine;
}

std::vector<TargetField> getTargetFields() {
  MachineDescription machine;
  return listTargetFields(deviceKind, [&](TargetSchemaVisitor &v) {
    visitTargetSchema(v, machine);
  });
}

} // namespace garam::host
