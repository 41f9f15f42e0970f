//===- TargetFile.cpp - Target files of analog chips ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/TargetFile.h"

#include "garam/Target/Analog/Machine/ISA.h"

using namespace llvm;

namespace garam::analog {

// Ranges keep products of figures far from overflow and catch a value in the
// wrong unit; they do not say what is plausible.
static constexpr double kibi = 1024, mebi = kibi * kibi, gibi = mebi * kibi;
static constexpr FigureRange anyClock = {1e6, 1e11};
static constexpr FigureRange anyCount = {1, 65536};
static constexpr FigureRange anySeconds = {0, 1e-2};
static constexpr FigureRange anyReadSeconds = {0, 1e-2, /*aboveLow=*/true};
static constexpr FigureRange anyBytes = {1, 64 * gibi};
/// The simulator holds as much of it as commands reach, and the target file may
/// be a stranger's.
static constexpr FigureRange anyVectorBytes = {1, 512 * mebi};
static constexpr FigureRange anyPortBytes = {1, mebi};
static constexpr FigureRange anyEnergy = {0, 1e-3};
static constexpr FigureRange anyCoefficient = {-1e6, 1e6};
/// Codes and weights are stored in bytes.
static constexpr FigureRange anyBits = {2, 8};
static constexpr FigureRange anyLevels = {1, 127};

static void visitCrossbar(TargetSchemaVisitor &v, CrossbarDescription &c) {
  v.figure({"rows", "", {1, maxCrossbarSide}, "inputs of a core"}, &c.rows);
  v.figure({"columns", "", {1, maxCrossbarSide}, "outputs of a core"},
           &c.columns);
  v.figure({"devices_per_polarity",
            "",
            {1, 64},
            "memory devices that make up one polarity of a cell"},
           &c.devicesPerPolarity);
  v.figure({"levels", "", anyLevels,
            "conductances above zero that programming aims at; a weight is an "
            "integer from -levels to levels"},
           &c.levels);
  v.figure({"max_microsiemens",
            "uS",
            {0, 1e6, true},
            "largest conductance of one polarity"},
           &c.maxMicrosiemens);
}

static void visitNoise(TargetSchemaVisitor &v, NoiseDescription &n) {
  static constexpr StringLiteral names[] = {"constant", "linear", "quadratic",
                                            "cubic"};
  static constexpr StringLiteral meanings[] = {
      "standard deviation of a polarity's conductance at target 0",
      "times g, the target over the largest conductance", "times g squared",
      "times g cubed"};
  for (size_t i = 0; i < std::size(names); ++i)
    v.figure({names[i], "uS", anyCoefficient, meanings[i]}, &n.coefficients[i]);
}

static void visitProgramming(TargetSchemaVisitor &v,
                             ProgrammingDescription &p) {
  v.figure({"iterations", "", anyCount,
            "write pulses of a row, each checked by a read; the cells of a row "
            "are written at once"},
           &p.iterations);
  v.figure({"pulse_seconds", "s", anySeconds, "a write pulse"},
           &p.pulseSeconds);
  v.figure({"verify_seconds", "s", anySeconds, "the read after it"},
           &p.verifySeconds);
  v.figure({"pulse_joules", "J", anyEnergy, "a write pulse of one device"},
           &p.pulseJoules);
}

static void visitRead(TargetSchemaVisitor &v, ReadDescription &r) {
  v.figure({"dac_bits", "", anyBits, "of an input, with sign"}, &r.dacBits);
  v.figure({"adc_bits", "", anyBits, "of an output, with sign"}, &r.adcBits);
  v.figure({"four_phase_seconds", "s", anyReadSeconds,
            "one matrix-vector product of a whole core with signed inputs"},
           &r.fourPhaseSeconds);
  v.figure({"four_phase_joules", "J", anyEnergy,
            "energy of it, converters included"},
           &r.fourPhaseJoules);
  v.figure({"one_phase_seconds", "s", anyReadSeconds,
            "the same with inputs that are not negative"},
           &r.onePhaseSeconds);
  v.figure(
      {"one_phase_joules", "J", anyEnergy, "energy of it, converters included"},
      &r.onePhaseJoules);
}

static void visitDigital(TargetSchemaVisitor &v, DigitalDescription &d) {
  v.figure({"clock_hz", "Hz", anyClock,
            "clock of the digital unit and of both memories"},
           &d.clockHz);
  v.figure({"lanes", "", anyCount, "operations that it starts a cycle"},
           &d.lanes);
  v.figure({"command_seconds", "s", anySeconds, "fixed cost of a command"},
           &d.commandSeconds);
  v.figure({"energy_joules_per_op", "J", anyEnergy,
            "energy of an operation on 32-bit operands"},
           &d.energyPerOp);
}

static void visitMemory(TargetSchemaVisitor &v, MemoryDescription &m,
                        FigureRange bytes) {
  v.figure({"bytes", "B", bytes, "its size"}, &m.bytes);
  v.figure(
      {"bytes_per_cycle", "B/cycle", anyPortBytes, "reads and writes together"},
      &m.bytesPerCycle);
  v.figure({"energy_joules_per_byte", "J/B", anyEnergy,
            "energy of reading or writing a byte"},
           &m.energyPerByte);
}

static void visitSchema(TargetSchemaVisitor &v, MachineDescription &m) {
  v.figure({"cores", "", {1, maxCores}, "crossbar cores of the chip"},
           &m.cores);
  v.section("crossbar", true, "the array of each core",
            [&] { visitCrossbar(v, m.crossbar); });
  v.section("programming_noise", true,
            "how far a programmed conductance is from its target",
            [&] { visitNoise(v, m.noise); });
  v.section("programming", true, "writing weights into the arrays",
            [&] { visitProgramming(v, m.programming); });
  v.section("read", true, "a product in the array of a core",
            [&] { visitRead(v, m.read); });
  v.section("digital", true, "the unit that converts, adds and rescales",
            [&] { visitDigital(v, m.digital); });
  v.section("buffer", true,
            "memory of inputs, outputs and what is between layers",
            [&] { visitMemory(v, m.buffer, anyBytes); });
  v.section("vector_memory", true,
            "memory of the codes that go into crossbars and come out",
            [&] { visitMemory(v, m.vectors, anyVectorBytes); });
  v.figure({"synchronisation_seconds", "s", anySeconds,
            "from a signal to the queue that waits for it"},
           &m.synchronisationSeconds);
  visitHostLink(v, m.hostLink);
  v.figure({"idle_watts",
            "W",
            {0, 1e4},
            "power of the chip when nothing runs; counted all the time"},
           &m.idleWatts);
}

/// Sums over all crossbars must fit the accumulators.
static void checkRelations(const MachineDescription &m,
                           TargetRelations &relations) {
  int64_t product = int64_t(m.getDACLimit()) * m.crossbar.levels;
  int64_t reach = product * m.crossbar.rows + m.getADCLimit();
  int64_t sum = reach * m.cores;
  relations.require(
      sum <= maxAccumulator, "cores",
      "found " + Twine(m.cores) + " of " + Twine(m.crossbar.rows) +
          " rows, whose sums reach " + Twine(sum) +
          ", but accumulators hold at most " + Twine(maxAccumulator),
      {"crossbar.rows", "crossbar.levels", "read.dac_bits", "read.adc_bits"});
}

Expected<MachineDescription> readTargetFile(MemoryBufferRef file) {
  MachineDescription machine;
  if (Error error = readTargetFields(
          file, deviceKind, machine.name,
          [&](TargetSchemaVisitor &v) { visitSchema(v, machine); },
          [&](TargetRelations &r) { checkRelations(machine, r); }))
    return std::move(error);
  return machine;
}

std::vector<TargetField> getTargetFields() {
  MachineDescription machine;
  return listTargetFields(
      deviceKind, [&](TargetSchemaVisitor &v) { visitSchema(v, machine); });
}

} // namespace garam::analog
