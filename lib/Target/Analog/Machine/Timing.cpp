//===- Timing.cpp - Time and energy of commands ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Timing.h"

#include "llvm/Support/MathExtras.h"

namespace garam::analog {

llvm::StringRef getName(TimeCategory category) {
  static constexpr llvm::StringLiteral names[numTimeCategories] = {
      "crossbar", "digital", "memory_bandwidth", "fixed_cost",
      "synchronisation"};
  return names[static_cast<unsigned>(category)];
}

sim::Time CommandCost::getTime() const {
  sim::Time sum = 0;
  for (sim::Time part : time)
    sum = sim::addTime(sum, part);
  return sum;
}

namespace {

/// Work of a command of the digital unit.
struct DigitalWork {
  uint64_t operations = 0;
  uint64_t bufferBytes = 0, vectorBytes = 0;
};

} // namespace

static sim::Time &at(CommandCost &cost, TimeCategory category) {
  return cost.time[static_cast<unsigned>(category)];
}

/// The lanes and both memories work side by side; the slowest sets the pace.
static CommandCost getDigitalCost(const DigitalWork &work,
                                  const MachineDescription &machine) {
  const DigitalDescription &unit = machine.digital;
  sim::Clock clock(unit.clockHz);
  sim::Time compute =
      clock.getTime(llvm::divideCeil(work.operations, unit.lanes));
  uint64_t memoryCycles = std::max(
      llvm::divideCeil(work.bufferBytes, machine.buffer.bytesPerCycle),
      llvm::divideCeil(work.vectorBytes, machine.vectors.bytesPerCycle));
  sim::Time memory = clock.getTime(memoryCycles);
  CommandCost cost;
  at(cost, TimeCategory::FixedCost) = sim::getTime(unit.commandSeconds);
  at(cost, TimeCategory::Digital) = compute;
  at(cost, TimeCategory::MemoryBandwidth) =
      memory > compute ? memory - compute : 0;
  cost.joule = work.operations * unit.energyPerOp +
               work.bufferBytes * machine.buffer.energyPerByte +
               work.vectorBytes * machine.vectors.energyPerByte;
  return cost;
}

/// Divide, round and clamp count as one operation: a multiplication by the
/// reciprocal with the rounding of its result.
static CommandCost getCost(const QuantizeCommand &command,
                           const Program &program,
                           const MachineDescription &machine) {
  uint64_t elements = command.count * program.layers[command.layer].getRows();
  CommandCost cost =
      getDigitalCost({elements, elements * sizeof(float), elements}, machine);
  cost.readBytes = elements * sizeof(float);
  return cost;
}

/// A multiply-add for each code and one for each output, and its two bounds.
static CommandCost getCost(const AccumulateCommand &command,
                           const Program &program,
                           const MachineDescription &machine) {
  constexpr uint64_t operationsPerOutput = 3;
  const Layer &layer = program.layers[command.layer];
  uint64_t codes = command.count * layer.getCodes();
  uint64_t outputs = command.count * layer.getColumns();
  CommandCost cost = getDigitalCost(
      {codes + outputs * operationsPerOutput, outputs * sizeof(float), codes},
      machine);
  cost.writtenBytes = outputs * sizeof(float);
  cost.macs = command.count * layer.getMACsPerVector();
  return cost;
}

/// The whole array is read however little of it a tile takes.
static CommandCost getCost(const ReadCommand &command, const Program &program,
                           const MachineDescription &machine) {
  const Tile &tile = program.layers[command.layer].tiles[command.tile];
  const ReadDescription &read = machine.read;
  bool isSigned = command.phases != 1;
  CommandCost cost;
  sim::Time one =
      sim::getTime(isSigned ? read.fourPhaseSeconds : read.onePhaseSeconds);
  at(cost, TimeCategory::Crossbar) =
      llvm::SaturatingMultiply<sim::Time>(one, command.count);
  uint64_t bytes = uint64_t(command.count) * (tile.rows + tile.columns);
  cost.joule =
      command.count * (isSigned ? read.fourPhaseJoules : read.onePhaseJoules) +
      bytes * machine.vectors.energyPerByte;
  return cost;
}

CommandCost getCost(const Command &command, const Program &program,
                    const MachineDescription &machine) {
  if (const auto *quantize = std::get_if<QuantizeCommand>(&command))
    return getCost(*quantize, program, machine);
  if (const auto *accumulate = std::get_if<AccumulateCommand>(&command))
    return getCost(*accumulate, program, machine);
  if (const auto *read = std::get_if<ReadCommand>(&command))
    return getCost(*read, program, machine);
  return {};
}

ProgrammingCost getProgrammingCost(llvm::ArrayRef<Layer> layers,
                                   const MachineDescription &machine) {
  constexpr double polarities = 2;
  const ProgrammingDescription &p = machine.programming;
  ProgrammingCost cost;
  for (const Layer &layer : layers)
    for (const Tile &tile : layer.tiles) {
      double steps = double(tile.rows) * p.iterations;
      double devices =
          tile.columns * polarities * machine.crossbar.devicesPerPolarity;
      cost.seconds =
          std::max(cost.seconds, steps * (p.pulseSeconds + p.verifySeconds));
      cost.joules +=
          steps * (devices * p.pulseJoules + machine.read.fourPhaseJoules);
    }
  return cost;
}

} // namespace garam::analog
