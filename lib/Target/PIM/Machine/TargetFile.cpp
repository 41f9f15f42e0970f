//===- TargetFile.cpp - HBM-PIM part of a target file ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Machine/TargetFile.h"

#include "garam/Target/TargetSchema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

namespace garam::pim {

// Ranges keep products of figures far from overflow and catch a value in the
// wrong unit; they do not say what is plausible.
static constexpr FigureRange anyCount = {1, 65536};
// A simulator of the largest device still fits a machine's memory.
static constexpr FigureRange anyChannels = {1, 256};
static constexpr FigureRange anyRanks = {1, 4};
static constexpr FigureRange anyBanks = {1, 8};
static constexpr FigureRange anyCycles = {0, 65535};
static constexpr FigureRange anyPositiveCycles = {1, 65535};
static constexpr FigureRange anyRow = {0, 1e6};
static constexpr FigureRange anyColumn = {0, 65535};
static constexpr FigureRange anyControlByte = {0, bytesPerBurst - 1};
static constexpr FigureRange anyMask = {1, 4294967295.0};
static constexpr FigureRange anyClock = {1e6, 1e11};
static constexpr FigureRange anyRate = {1e3, 1e15};
static constexpr FigureRange anyFixedSeconds = {0, 1e-2};
static constexpr FigureRange anyEnergy = {0, 1e-6};

//===----------------------------------------------------------------------===//
// Fields
//===----------------------------------------------------------------------===//

static void visitGeometry(TargetSchemaVisitor &v, Geometry &g) {
  v.figure({"channels", "", anyChannels,
            "pseudo-channels, each with a controller of its own; a power of "
            "two, as all counts here"},
           &g.channels);
  v.figure({"ranks", "", anyRanks, "ranks of a channel"}, &g.ranks);
  v.figure({"bank_groups", "", anyBanks, "groups of banks of a rank"},
           &g.bankGroups);
  v.figure({"banks_per_group", "", anyBanks,
            "banks of a group; an even bank and the one after it share a unit"},
           &g.banksPerGroup);
  v.figure({"rows", "", anyRow, "rows of a bank"}, &g.rows);
  v.figure({"columns", "", anyCount, "bursts of 32 bytes in a row"},
           &g.columns);
}

static void visitTiming(TargetSchemaVisitor &v, Timing &t) {
  auto cycles = [&](llvm::StringLiteral name, llvm::StringLiteral meaning,
                    uint32_t &slot, FigureRange range = anyCycles) {
    v.figure({name, "cycles", range, meaning}, &slot);
  };
  cycles("read_latency", "RL: from a read to its data", t.readLatency);
  cycles("write_latency", "WL: from a write to its data", t.writeLatency);
  cycles("burst_length", "BL: transfers of a burst, two a cycle", t.burstLength,
         anyPositiveCycles);
  cycles("ccd_short", "tCCDS: column command to column command, other group",
         t.tCCDS, anyPositiveCycles);
  cycles("ccd_long", "tCCDL: the same, same group", t.tCCDL);
  cycles("rcd_read", "tRCDRD: activation to read", t.tRCDRD);
  cycles("rcd_write", "tRCDWR: activation to write", t.tRCDWR);
  cycles("ras", "tRAS: activation to precharge", t.tRAS);
  cycles("rc", "tRC: activation to activation of a bank", t.tRC);
  cycles("rp", "tRP: precharge to activation", t.tRP);
  cycles("rrd_short", "tRRDS: activation to activation, other group", t.tRRDS);
  cycles("rrd_long", "tRRDL: the same, same group", t.tRRDL);
  cycles("rtp_long", "tRTPL: read to precharge, same group", t.tRTPL);
  cycles("wr", "tWR: end of written data to precharge", t.tWR);
  cycles("wtr_short", "tWTRS: written data to read, other group", t.tWTRS);
  cycles("wtr_long", "tWTRL: the same, same group", t.tWTRL);
  cycles("rtrs", "tRTRS: between bursts of two ranks", t.tRTRS);
  cycles("refi", "tREFI: refresh to refresh", t.tREFI, anyPositiveCycles);
  cycles("rfc", "tRFC: duration of a refresh", t.tRFC);
}

static void visitController(TargetSchemaVisitor &v, Controller &c) {
  v.figure({"command_queue_depth",
            "",
            {2, 65536},
            "commands that wait for a rank; a transaction brings two"},
           &c.commandQueueDepth);
  v.figure({"transaction_queue_depth", "", anyCount,
            "transactions from which the next is moved to a command queue"},
           &c.transactionQueueDepth);
  v.figure({"max_row_accesses", "", anyCount,
            "column accesses after which an open row is closed"},
           &c.maxRowAccesses);
}

static void visitModeRows(TargetSchemaVisitor &v, ModeRows &r,
                          uint32_t &enterMask, uint32_t &leaveMask) {
  v.figure({"enter_all_bank", "", anyRow,
            "row whose activation in the banks of enter_bank_mask enters "
            "all-bank mode"},
           &r.enterAllBank);
  v.figure({"enter_bank_mask", "", anyMask, "bit b: bank b"}, &enterMask);
  v.figure({"leave_all_bank", "", anyRow,
            "row whose precharge in the banks of leave_bank_mask leaves it"},
           &r.leaveAllBank);
  v.figure({"leave_bank_mask", "", anyMask, "bit b: bank b"}, &leaveMask);
  v.figure({"column", "", anyColumn, "column of the writes that open them"},
           &r.modeColumn);
  v.figure({"park", "", anyRow, "row that holds nothing"}, &r.park);
  v.figure({"registers", "", anyRow, "row of the registers"}, &r.registers);
  v.figure({"no_cell_bit", "", anyMask,
            "rows with this bit have no cells and trigger nothing"},
           &r.noCellBit);
  v.figure({"operand_row_mask", "", anyMask,
            "bits of a row that instructions use, the lowest ones"},
           &r.operandRowMask);
}

static void visitRegisters(TargetSchemaVisitor &v, RegisterMap &r) {
  auto column = [&](llvm::StringLiteral name, llvm::StringLiteral meaning,
                    uint32_t &slot) {
    v.figure({name, "", anyColumn, meaning}, &slot);
  };
  column("control", "column of the control burst", r.control);
  column("scalars", "column of SRF_M and SRF_A", r.scalars);
  column("instructions", "first column of the CRF", r.instructions);
  column("grf_a", "first column of GRF_A", r.grfA);
  column("grf_b", "first column of GRF_B", r.grfB);
}

static void visitControl(TargetSchemaVisitor &v, ControlBytes &c) {
  auto byte = [&](llvm::StringLiteral name, llvm::StringLiteral meaning,
                  uint32_t &slot) {
    v.figure({name, "", anyControlByte, meaning}, &slot);
  };
  byte("execute", "byte with the bit that makes commands trigger", c.execute);
  byte("move_all_grf", "byte with the bit that lets moves reach both GRFs",
       c.moveAllGRF);
  byte("trigger_mask", "byte with the mask of what triggers", c.triggerMask);
  byte("zero_grf_a", "byte that clears GRF_A", c.zeroGRFA);
  byte("zero_grf_b", "byte that clears GRF_B", c.zeroGRFB);
}

static void visitEnergy(TargetSchemaVisitor &v, Energy &e) {
  v.figure({"joules_per_interface_bit", "J", anyEnergy,
            "a bit between host and device, with its cell"},
           &e.perInterfaceBit);
  v.figure({"joules_per_bank_bit", "J", anyEnergy,
            "a bit between a bank and its unit"},
           &e.perBankBit);
  v.figure({"joules_per_lane_operation", "J", anyEnergy,
            "an operation of one lane of a unit"},
           &e.perLaneOperation);
}

static void visitDriver(TargetSchemaVisitor &v, Driver &d) {
  v.figure({"start_seconds", "s", anyFixedSeconds, "fixed cost of a command"},
           &d.startSeconds);
  v.figure({"conversions_per_second", "1/s", anyRate,
            "elements that it converts to or from fp16 and copies"},
           &d.conversionsPerSecond);
  v.figure(
      {"additions_per_second", "1/s", anyRate, "additions of partial sums"},
      &d.additionsPerSecond);
  v.figure({"joules_per_operation", "J", anyEnergy,
            "energy of a conversion or an addition"},
           &d.energyPerOperation);
}

/// The most pieces of one field in an address.
static constexpr unsigned maxPieces = 4;
static constexpr llvm::StringRef sliceNames[] = {
    "offset",       "offset_2",  "offset_3",   "offset_4",     "channel",
    "channel_2",    "channel_3", "channel_4",  "bank",         "bank_2",
    "bank_3",       "bank_4",    "bank_group", "bank_group_2", "bank_group_3",
    "bank_group_4", "column",    "column_2",   "column_3",     "column_4",
    "row",          "row_2",     "row_3",      "row_4",        "rank",
    "rank_2",       "rank_3",    "rank_4"};
static_assert(std::size(sliceNames) == numAddressFields * maxPieces);

static constexpr llvm::StringRef mappingNames[] = {"scheme8", "vega20",
                                                   "other"};

static void visitSlices(TargetSchemaVisitor &v,
                        std::vector<AddressSlice> &slices) {
  VariantsField field = {
      "slices",
      "slice",
      "the address from the least significant bit up",
      "field",
      "what the bits are of; _2 and so on are higher bits of the same",
      sliceNames};
  v.variants(field, [&](unsigned name) {
    AddressSlice slice;
    slice.field = static_cast<AddressField>(name / maxPieces);
    v.figure({"bits", "", {0, 32}, "number of bits"}, &slice.width);
    slices.push_back(slice);
  });
}

namespace {
/// What becomes a list in the description.
struct Masks {
  uint32_t enter = 0, leave = 0;
};
} // namespace

static void visitSchema(TargetSchemaVisitor &v, MachineDescription &m,
                        Masks &masks) {
  v.figure({"clock_hz", "Hz", anyClock,
            "clock of the command bus; cycles in other fields are its cycles"},
           &m.timing.clockHz);
  v.section("geometry", true, "channels, banks, rows",
            [&] { visitGeometry(v, m.geometry); });
  v.section("timing", true, "times of DRAM commands, named as in JESD235",
            [&] { visitTiming(v, m.timing); });
  v.section("controller", true, "the memory controller of a channel",
            [&] { visitController(v, m.controller); });
  VariantsField mappings = {"mappings",
                            "mapping",
                            "how addresses are mapped; the first one counts",
                            "name",
                            "name of the mapping in exported streams",
                            mappingNames};
  v.variants(mappings, [&](unsigned name) {
    std::vector<AddressSlice> slices;
    visitSlices(v, slices);
    if (!m.mapping.empty())
      return;
    m.mappingName = mappingNames[name].str();
    m.mapping = std::move(slices);
  });
  v.section("mode_rows", true, "rows by which the mode changes",
            [&] { visitModeRows(v, m.rows, masks.enter, masks.leave); });
  v.section("registers", true, "columns of the row of the registers",
            [&] { visitRegisters(v, m.registers); });
  v.section("control", true, "bytes of the control burst",
            [&] { visitControl(v, m.control); });
  v.section("units", true, "the SIMD units between the banks", [&] {
    v.figure({"has_pipeline",
              "",
              {},
              "whether programs wait for results: silicon has a pipeline, the "
              "published simulator has none"},
             &m.hasPipeline);
  });
  v.section("energy", true, "what accesses and operations cost",
            [&] { visitEnergy(v, m.energy); });
  v.section("driver", true, "the processor that issues the transactions",
            [&] { visitDriver(v, m.driver); });
  visitHostLink(v, m.hostLink);
  v.figure({"idle_watts",
            "W",
            {0, 1e4},
            "power of all stacks when nothing runs; counted all the time"},
           &m.idleWatts);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static std::vector<uint32_t> listBits(uint32_t mask) {
  std::vector<uint32_t> bits;
  for (; mask != 0; mask &= mask - 1)
    bits.push_back(llvm::countr_zero(mask));
  return bits;
}

/// A fault of one field makes those that it is compared with look wrong, so
/// that relations are looked at only when every field is right.
static void checkRelations(TargetRelations &relations,
                           const MachineDescription &machine) {
  std::vector<std::string> paths;
  for (const TargetField &field : getTargetFields()) {
    bool isFigure = field.type == "integer" || field.type == "number";
    if (isFigure && !llvm::StringRef(field.path).contains("[]"))
      paths.push_back(field.path);
  }
  std::vector<llvm::StringRef> others(paths.begin(), paths.end());
  if (std::optional<Inconsistency> found = findInconsistency(machine))
    relations.require(false, found->field, found->message, others);
}

llvm::Expected<MachineDescription> readTargetFile(llvm::MemoryBufferRef file) {
  MachineDescription machine;
  Masks masks;
  auto visit = [&](TargetSchemaVisitor &visitor) {
    visitSchema(visitor, machine, masks);
    machine.rows.enterBanks = listBits(masks.enter);
    machine.rows.leaveBanks = listBits(masks.leave);
  };
  auto relate = [&](TargetRelations &relations) {
    checkRelations(relations, machine);
  };
  if (llvm::Error error =
          readTargetFields(file, deviceKind, machine.name, visit, relate))
    return std::move(error);
  return machine;
}

std::vector<TargetField> getTargetFields() {
  MachineDescription machine;
  Masks masks;
  return listTargetFields(deviceKind, [&](TargetSchemaVisitor &visitor) {
    visitSchema(visitor, machine, masks);
  });
}

} // namespace garam::pim
