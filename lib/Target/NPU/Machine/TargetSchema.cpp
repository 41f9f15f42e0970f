//===- TargetSchema.cpp - Fields of an NPU's target file ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TargetSchema.h"
#include "llvm/ADT/SmallVector.h"

namespace garam::npu {

// Ranges keep products of figures far from overflow and catch a value in the
// wrong unit; they do not say what is plausible.
static constexpr double kibi = 1024, tebi = kibi * kibi * kibi * kibi;
static constexpr FigureRange anyClock = {1e6, 1e11};
static constexpr FigureRange anyCount = {1, 65536};
static constexpr FigureRange anyCycles = {0, 1e6};
static constexpr FigureRange anyFixedSeconds = {0, 1e-2};
static constexpr FigureRange anyBytes = {1, tebi};
static constexpr FigureRange anyPortBytes = {1, kibi *kibi};
static constexpr FigureRange anyBytesPerSecond = {1e6, 1e15};
static constexpr FigureRange anyEnergy = {0, 1e-6};
static constexpr FigureRange anyShare = {0, 1, /*aboveLow=*/true};
/// A DMA command names the cores that receive a multicast in a 64-bit mask.
static constexpr FigureRange anyCores = {1, 64};

/// Element types that a MAC array may have a mode for.
static constexpr ElementType modeTypes[] = {
    ElementType::I8, ElementType::F16, ElementType::BF16, ElementType::F8E4M3,
    ElementType::F8E5M2};

/// Dimensions of a tensor command that units can divide, as target files call
/// them.
static constexpr llvm::StringLiteral sharedDimensions[] = {
    "reduction", "columns", "outer_rows", "middle_rows", "inner_rows"};

static uint32_t &getParts(UnitShare &share, unsigned dimension) {
  if (dimension == 0)
    return share.reduction;
  if (dimension == 1)
    return share.columns;
  return share.rows[dimension - 2];
}

/// Calls `take` with the name and the dimensions of each way of sharing: over
/// one dimension or over two.
static void forEachSharing(
    llvm::function_ref<void(std::string, llvm::ArrayRef<unsigned>)> take) {
  for (unsigned first = 0; first < std::size(sharedDimensions); ++first) {
    take(sharedDimensions[first].str(), {first});
    for (unsigned second = first + 1; second < std::size(sharedDimensions);
         ++second)
      take((sharedDimensions[first] + "_" + sharedDimensions[second]).str(),
           {first, second});
  }
}

static void visitGrid(TargetSchemaVisitor &v, UnitGrid &grid) {
  v.figure({"block_height", "", anyCount,
            "middle rows of a command that a unit takes at once"},
           &grid.blockHeight);
  v.figure({"block_width", "", anyCount,
            "inner rows of a command that a unit takes at once"},
           &grid.blockWidth);
  v.figure({"buffers_operands",
            "",
            {},
            "whether units keep what they read, so that a command reads each "
            "byte of an operand once"},
           &grid.buffersOperands);
  v.figure({"adds_residual",
            "",
            {},
            "whether the epilogue can add a tensor, also to a quantised "
            "result; else that is vector work"},
           &grid.addsResidual);
  std::vector<std::string> names;
  std::vector<llvm::SmallVector<unsigned, 2>> dimensions;
  forEachSharing([&](std::string name, llvm::ArrayRef<unsigned> dims) {
    names.push_back(std::move(name));
    dimensions.emplace_back(dims);
  });
  llvm::SmallVector<llvm::StringRef> nameRefs(names.begin(), names.end());
  v.variants({"shares", "share",
              "how units may share a command; one of them, for each command",
              "over", "dimensions of the command that are divided", nameRefs},
             [&](unsigned name) {
               uint32_t parts = 1;
               v.figure({"parts", "", anyCount,
                         "parts of each of these dimensions, at most"},
                        &parts);
               UnitShare &share = grid.shares.emplace_back();
               for (unsigned dimension : dimensions[name])
                 getParts(share, dimension) = parts;
             });
}

static void visitTensor(TargetSchemaVisitor &v, TensorEngineDescription &t) {
  v.figure({"units", "", anyCount,
            "equal MAC arrays of a core; a command splits its rows or columns "
            "over them, or as tensor.grid says"},
           &t.units);
  llvm::SmallVector<llvm::StringRef> names;
  for (ElementType type : modeTypes)
    names.push_back(getName(type));
  v.variants({"modes", "mode",
              "what an array does a cycle, one entry an input type", "type",
              "type of both inputs; i8 serves unsigned bytes too", names},
             [&](unsigned type) {
               ArrayMode &mode = t.modes.emplace_back();
               mode.type = modeTypes[type];
               v.figure({"reduction", "", anyCount,
                         "products that one output sums a cycle"},
                        &mode.reduction);
               v.figure({"outputs", "", anyCount,
                         "output columns that advance each cycle"},
                        &mode.outputs);
               v.figure({"energy_joules_per_mac", "J", anyEnergy,
                         "energy of one multiply-accumulate"},
                        &mode.energyPerMAC);
             });
  v.figure({"accumulator_bytes", "B", anyBytes,
            "32-bit accumulators of all arrays of a core together"},
           &t.accumulatorBytes);
  v.figure({"fill_cycles", "cycles", anyCycles,
            "from the first operand to the first result, once a command"},
           &t.fillCycles);
  v.figure({"command_seconds", "s", anyFixedSeconds, "fixed cost of a command"},
           &t.commandSeconds);
  v.section("grid", false,
            "for arrays that take each dimension of a command by itself; left "
            "out where rows and reduction are flat",
            [&] { visitGrid(v, t.grid.emplace()); });
}

static void visitFixedFunction(TargetSchemaVisitor &v,
                               FixedFunctionDescription &f) {
  v.figure({"operands_per_cycle", "", anyCount,
            "elements of operands that a core takes a cycle"},
           &f.operandsPerCycle);
  v.figure({"uses_banks",
            "",
            {},
            "whether reads and writes can take longer than that, at the banks "
            "of the SRAM"},
           &f.usesBanks);
  v.figure({"excludes_tensor",
            "",
            {},
            "whether the engine works only while the tensor engine of its core "
            "rests"},
           &f.excludesTensor);
}

static void visitVector(TargetSchemaVisitor &v, VectorEngineDescription &e) {
  v.figure({"has_float",
            "",
            {},
            "whether the engine has float arithmetic; "
            "scale, round and clamp of a requantisation it has in any case"},
           &e.hasFloat);
  v.figure({"float_lanes", "", anyCount,
            "operations on 32-bit floats that a core starts a cycle"},
           &e.floatLanes);
  v.figure({"int_lanes", "", anyCount,
            "operations on 32-bit integers that a core starts a cycle"},
           &e.intLanes);
  v.figure({"function_cycles",
            "cycles",
            {1, 1024},
            "of a lane, for an exponential, logarithm, tanh or the like; every "
            "other operation takes 1"},
           &e.functionCycles);
  v.figure({"command_seconds", "s", anyFixedSeconds, "fixed cost of a command"},
           &e.commandSeconds);
  v.figure({"energy_joules_per_16_bit_op", "J", anyEnergy,
            "energy of a lane operation on 16-bit or shorter operands"},
           &e.energyPerOp16);
  v.figure({"energy_joules_per_32_bit_op", "J", anyEnergy,
            "energy of a lane operation on 32-bit operands"},
           &e.energyPerOp32);
  v.section("fixed_function", false,
            "for an engine of fixed operations, whose time is that of their "
            "operands; the lanes are of no effect then",
            [&] { visitFixedFunction(v, e.fixedFunction.emplace()); });
}

static void visitLocal(TargetSchemaVisitor &v, LocalMemoryDescription &m) {
  v.figure({"bytes", "B", anyBytes, "SRAM of one core; a multiple of banks"},
           &m.bytes);
  v.figure({"banks", "", anyCount, "banks of it, which work side by side"},
           &m.banks);
  v.figure({"read_bytes_per_cycle", "B/cycle", anyPortBytes,
            "all banks of a core together"},
           &m.readBytesPerCycle);
  v.figure({"write_bytes_per_cycle", "B/cycle", anyPortBytes,
            "all banks of a core together"},
           &m.writeBytesPerCycle);
  v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
            "energy of reading or writing a byte"},
           &m.energyPerByte);
}

static void visitShared(TargetSchemaVisitor &v, SharedMemoryDescription &m) {
  v.figure({"bytes", "B", anyBytes, "SRAM that all cores reach"}, &m.bytes);
  v.figure({"bytes_per_cycle_per_core", "B/cycle", anyPortBytes,
            "one core's port to it, each direction"},
           &m.bytesPerCyclePerCore);
  v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
            "energy of reading or writing a byte"},
           &m.energyPerByte);
}

static void visitNetwork(TargetSchemaVisitor &v, NetworkDescription &n) {
  v.figure({"bytes_per_cycle_per_core", "B/cycle", anyPortBytes,
            "one core's port to the network on the chip, each direction"},
           &n.bytesPerCyclePerCore);
  v.figure({"multicast",
            "",
            {},
            "whether one transfer can reach several cores at once"},
           &n.multicast);
  v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
            "energy of moving a byte from core to core"},
           &n.energyPerByte);
}

static void visitDMA(TargetSchemaVisitor &v, DMADescription &d) {
  v.figure({"engines_per_core", "", {1, 64}, "DMA engines of one core"},
           &d.enginesPerCore);
  v.figure({"bytes_per_cycle", "B/cycle", anyPortBytes,
            "the most that one engine moves"},
           &d.bytesPerCycle);
  v.figure({"start_seconds", "s", anyFixedSeconds,
            "fixed cost of a command, before its first byte moves"},
           &d.startSeconds);
  v.figure({"packet_bytes", "B", anyPortBytes,
            "longest single request; at least dram.burst_bytes"},
           &d.packetBytes);
}

static void visitDRAM(TargetSchemaVisitor &v, DRAMDescription &d) {
  v.figure({"bytes", "B", {1, kibi * tebi}, "capacity of the chip's memory"},
           &d.bytes);
  v.figure({"bytes_per_second", "B/s", anyBytesPerSecond,
            "peak bandwidth of the chip's memory; lower bounds in reports use "
            "this figure"},
           &d.bytesPerSecond);
  v.figure({"efficiency", "", anyShare,
            "share of the peak that a unit-stride stream reaches"},
           &d.efficiency);
  v.figure({"burst_bytes", "B", {1, 4096}, "least that an access transfers"},
           &d.burstBytes);
  v.figure({"short_burst_efficiency", "", anyShare,
            "share of the peak that single bursts at random addresses reach; "
            "at most efficiency"},
           &d.shortBurstEfficiency);
  v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
            "energy of reading or writing a byte"},
           &d.energyPerByte);
  v.figure({"contraction_slowdown",
            "",
            {0, 0.99},
            "share of a stream's rate that is lost while the tensor engine of "
            "the same core works"},
           &d.contractionSlowdown);
}

static void visitSynchronisation(TargetSchemaVisitor &v,
                                 SynchronisationDescription &s) {
  v.figure({"local_seconds", "s", anyFixedSeconds,
            "from a signal to the waiting queue of the same core"},
           &s.localSeconds);
  v.figure({"remote_seconds", "s", anyFixedSeconds,
            "from a signal to the waiting queue of another core"},
           &s.remoteSeconds);
}

void visitTargetSchema(TargetSchemaVisitor &v, MachineDescription &m) {
  v.figure({"clock_hz", "Hz", anyClock,
            "clock of all engines; cycles in other fields are its cycles"},
           &m.clockHz);
  v.figure({"cores", "", anyCores, "equal cores of the chip"}, &m.cores);
  v.section("tensor", true, "the tensor engine of each core",
            [&] { visitTensor(v, m.tensor); });
  v.section("vector", true, "the vector engine of each core",
            [&] { visitVector(v, m.vector); });
  v.section("local_memory", true, "the SRAM of each core",
            [&] { visitLocal(v, m.local); });
  v.section("shared_memory", false,
            "SRAM of the chip; left out where the chip has none",
            [&] { visitShared(v, m.shared); });
  v.section("network", true, "the network on the chip",
            [&] { visitNetwork(v, m.network); });
  v.section("dma", true, "the DMA engines of each core",
            [&] { visitDMA(v, m.dma); });
  v.section("dram", true, "the chip's external memory",
            [&] { visitDRAM(v, m.dram); });
  v.section("synchronisation", true, "latency of semaphores",
            [&] { visitSynchronisation(v, m.synchronisation); });
  visitHostLink(v, m.hostLink);
  v.figure({"idle_watts",
            "W",
            {0, 1e4},
            "power of the chip when nothing runs; counted all the time"},
           &m.idleWatts);
}

} // namespace garam::npu
