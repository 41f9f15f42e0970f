//===- TargetFile.cpp - NPU part of a target file -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Support/Figures.h"

#include "TargetSchema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace garam::npu {

static constexpr StringLiteral kind = "npu";

/// Checks what the schema cannot say of one field alone.
static void checkRelations(const MachineDescription &machine,
                           TargetRelations &relations) {
  const LocalMemoryDescription &local = machine.local;
  relations.require(
      local.banks && local.bytes % local.banks == 0, "local_memory.bytes",
      "found " + Twine(local.bytes) + ", needed a multiple of the " +
          Twine(local.banks) + " banks",
      {"local_memory.banks"});
  const DRAMDescription &dram = machine.dram;
  relations.require(dram.shortBurstEfficiency <= dram.efficiency,
                    "dram.short_burst_efficiency",
                    "found " + formatNumber(dram.shortBurstEfficiency) +
                        ", needed at most dram.efficiency, " +
                        formatNumber(dram.efficiency),
                    {"dram.efficiency"});
  relations.require(
      machine.dma.packetBytes >= dram.burstBytes, "dma.packet_bytes",
      "found " + Twine(machine.dma.packetBytes) +
          ", needed at least dram.burst_bytes, " + Twine(dram.burstBytes),
      {"dram.burst_bytes"});
  if (machine.tensor.grid)
    for (auto [i, share] : enumerate(machine.tensor.grid->shares)) {
      uint64_t parts = uint64_t(share.columns) * share.reduction;
      for (uint32_t rows : share.rows)
        parts *= rows;
      std::string path = ("tensor.grid.shares[" + Twine(i) + "].parts").str();
      relations.require(parts <= machine.tensor.units, path,
                        "these are " + Twine(parts) +
                            " parts in all, needed at most tensor.units, " +
                            Twine(machine.tensor.units),
                        {"tensor.units"});
    }
  for (auto [i, mode] : enumerate(machine.tensor.modes)) {
    std::string path = ("tensor.modes[" + Twine(i) + "].outputs").str();
    uint64_t needed = uint64_t(4) * machine.tensor.units * mode.outputs;
    relations.require(machine.tensor.accumulatorBytes >= needed, path,
                      "the accumulators hold " +
                          Twine(machine.tensor.accumulatorBytes) +
                          " bytes, needed " + Twine(needed) +
                          ": one 32-bit sum an output of every unit",
                      {"tensor.accumulator_bytes", "tensor.units"});
    relations.require(machine.vector.hasFloat || mode.type == ElementType::I8,
                      path, "a float mode needs vector.has_float to be true",
                      {"vector.has_float"});
  }
}

Expected<MachineDescription> readTargetFile(MemoryBufferRef file) {
  MachineDescription machine;
  if (Error error = readTargetFields(
          file, kind, machine.name,
          [&](TargetSchemaVisitor &v) { visitTargetSchema(v, machine); },
          [&](TargetRelations &r) { checkRelations(machine, r); }))
    return std::move(error);
  return machine;
}

std::vector<TargetField> getTargetFields() {
  MachineDescription machine;
  return listTargetFields(
      kind, [&](TargetSchemaVisitor &v) { visitTargetSchema(v, machine); });
}

} // namespace garam::npu
