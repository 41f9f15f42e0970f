//===- Checker.cpp - Which programs a chip can follow ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Programs may come from a stranger. What is checked here once, the simulator
// relies on.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

#include <set>

using namespace llvm;

namespace garam::analog {

namespace {

class Checker {
public:
  Checker(const Program &program, const MachineDescription &machine)
      : program(program), machine(machine) {}

  Error check();

private:
  Error fail(const Twine &message) const {
    return createStringError(place + message);
  }
  Error checkSegments() const;
  Error checkSizes(ArrayRef<uint32_t> sizes, const char *what) const;
  Error checkAccess(const TensorAccess &access, const char *what,
                    size_t numIndices) const;
  Error checkReach(const Layer &layer) const;
  Error checkTable(uint64_t offset, uint64_t bytes, const char *what) const;
  Error checkLayer(const Layer &layer);
  Error checkTile(const Layer &layer, const Tile &tile);
  Error checkQueue(const Queue &queue) const;
  Error checkVectors(uint32_t layer, uint64_t first, uint64_t count) const;
  Error checkVectorMemory(uint64_t offset, uint64_t bytes) const;
  Error checkCommand(const QuantizeCommand &command, const Queue &queue) const;
  Error checkCommand(const AccumulateCommand &c, const Queue &queue) const;
  Error checkCommand(const ReadCommand &command, const Queue &queue) const;
  Error checkCommand(const WaitCommand &command, const Queue &queue) const;
  Error checkCommand(const SignalCommand &command, const Queue &queue) const;

  const Program &program;
  const MachineDescription &machine;
  std::set<uint32_t> usedCores;
  uint64_t cells = 0; // of the tiles so far
  std::string place;  // "layer 2: "
};

} // namespace

static bool isWritable(MemoryRole role) {
  return role == MemoryRole::Output || role == MemoryRole::Scratch ||
         role == MemoryRole::State;
}

Error Checker::checkSegments() const {
  uint64_t total = 0;
  for (const auto &[i, segment] : enumerate(program.segments)) {
    if ((segment.role == MemoryRole::Constant) != (i == 0))
      return fail("segment 0 is the constant one and the only one, segment " +
                  Twine(i) + " is '" + getName(segment.role) + "'");
    // The weights leave the buffer when they are programmed.
    if (i == 0)
      continue;
    total += segment.size;
    if (segment.size > machine.buffer.bytes || total > machine.buffer.bytes)
      return fail("the segments need more than the " +
                  Twine(machine.buffer.bytes) + " bytes of the buffer");
  }
  return Error::success();
}

Error Checker::checkSizes(ArrayRef<uint32_t> sizes, const char *what) const {
  uint64_t volume = 1;
  if (sizes.size() > maxDims)
    return fail(Twine(what) + " have " + Twine(sizes.size()) +
                " dimensions, more than " + Twine(maxDims));
  for (uint32_t size : sizes) {
    volume *= size;
    if (size == 0 || volume > maxSize)
      return fail(Twine(what) + " number 0 or more than " + Twine(maxSize));
  }
  return Error::success();
}

Error Checker::checkAccess(const TensorAccess &access, const char *what,
                           size_t numIndices) const {
  if (access.segment == 0 || access.segment >= program.segments.size())
    return fail(Twine(what) + " in segment " + Twine(access.segment) +
                ", which does not exist or holds constants");
  if (access.shape.size() > maxDims ||
      access.start.size() != access.shape.size() ||
      access.coefficients.size() != access.shape.size() ||
      any_of(access.coefficients,
             [&](const auto &row) { return row.size() != numIndices; }))
    return fail(Twine(what) + " whose dimensions and coefficients do not fit");
  const DeviceSegment &segment = program.segments[access.segment];
  uint64_t room = segment.size / sizeof(float), volume = 1;
  for (uint32_t size : access.shape) {
    volume *= size;
    if (size == 0 || size > maxSize || volume > room)
      return fail(Twine(what) + " that does not fit segment '" + segment.name +
                  "'");
  }
  if (access.offset % sizeof(float) != 0 || access.offset > segment.size ||
      volume * sizeof(float) > segment.size - access.offset)
    return fail(Twine(what) + " that leaves segment '" + segment.name + "'");
  return Error::success();
}

/// Outputs are all inside of their tensor, and no more than it has elements;
/// inputs beyond it are zero.
Error Checker::checkReach(const Layer &layer) const {
  uint64_t elements = 1, outputs = layer.getVectors() * layer.getColumns();
  for (uint32_t size : layer.output.shape)
    elements *= size;
  if (outputs > elements)
    return fail(Twine(outputs) + " outputs in a tensor of " + Twine(elements) +
                " elements");
  SmallVector<uint32_t, maxDims> sizes(layer.vectorSizes.begin(),
                                       layer.vectorSizes.end());
  append_range(sizes, layer.columnSizes);
  for (const auto &[size, start, coefficients] : zip_equal(
           layer.output.shape, layer.output.start, layer.output.coefficients)) {
    int64_t low = start, high = start;
    for (const auto &[count, coefficient] : zip_equal(sizes, coefficients))
      (coefficient < 0 ? low : high) +=
          int64_t(coefficient) * (int64_t(count) - 1);
    if (low < 0 || high >= int64_t(size))
      return fail("outputs reach coordinates " + Twine(low) + " to " +
                  Twine(high) + " of a dimension of " + Twine(size));
  }
  return Error::success();
}

Error Checker::checkTable(uint64_t offset, uint64_t bytes,
                          const char *what) const {
  uint64_t size = program.segments[0].size;
  if (offset % sizeof(uint32_t) != 0 || offset > size || bytes > size - offset)
    return fail(Twine(what) + " at " + Twine(offset) +
                " leave the constant segment of " + Twine(size) + " bytes");
  return Error::success();
}

Error Checker::checkLayer(const Layer &layer) {
  if (Error error = checkSizes(layer.vectorSizes, "vectors"))
    return error;
  if (Error error = checkSizes(layer.rowSizes, "rows"))
    return error;
  if (Error error = checkSizes(layer.columnSizes, "columns"))
    return error;
  size_t numVectorDims = layer.vectorSizes.size();
  if (Error error = checkAccess(layer.input, "an input",
                                numVectorDims + layer.rowSizes.size()))
    return error;
  if (Error error = checkAccess(layer.output, "an output",
                                numVectorDims + layer.columnSizes.size()))
    return error;
  if (!isWritable(program.segments[layer.output.segment].role))
    return fail("an output in a segment that is only to be read");
  if (Error error = checkReach(layer))
    return error;
  int32_t limit = machine.getDACLimit();
  if (layer.low > layer.high || layer.low < -limit || layer.high > limit)
    return fail("inputs from " + Twine(layer.low) + " to " + Twine(layer.high) +
                ", which a DAC from " + Twine(-limit) + " to " + Twine(limit) +
                " cannot give");
  uint64_t rows = layer.getRows(), columns = layer.getColumns();
  if (layer.groups == 0 || rows % layer.groups || columns % layer.groups)
    return fail(Twine(layer.groups) + " groups do not divide " + Twine(rows) +
                " rows and " + Twine(columns) + " columns");
  if (Error error = checkTable(layer.scales, columns * sizeof(float), "scales"))
    return error;
  if (layer.biases)
    if (Error error =
            checkTable(*layer.biases, columns * sizeof(float), "biases"))
      return error;
  for (const Tile &tile : layer.tiles)
    if (Error error = checkTile(layer, tile))
      return error;
  return Error::success();
}

Error Checker::checkTile(const Layer &layer, const Tile &tile) {
  if (tile.core >= machine.cores)
    return fail("a tile on core " + Twine(tile.core) + " of " +
                Twine(machine.cores));
  if (!usedCores.insert(tile.core).second)
    return fail("two tiles on core " + Twine(tile.core));
  const CrossbarDescription &crossbar = machine.crossbar;
  if (tile.rows == 0 || tile.columns == 0 || tile.rows > crossbar.rows ||
      tile.columns > crossbar.columns)
    return fail("a tile of " + Twine(tile.rows) + " x " + Twine(tile.columns) +
                " cells in a crossbar of " + Twine(crossbar.rows) + " x " +
                Twine(crossbar.columns));
  if (uint64_t(tile.firstRow) + tile.rows > layer.getRows() ||
      uint64_t(tile.firstColumn) + tile.columns > layer.getColumns())
    return fail("a tile that leaves its layer's matrix");
  // Each tile has levels of its own, so that the memory of programmed cells is
  // in proportion to the file.
  cells += uint64_t(tile.rows) * tile.columns;
  if (cells > program.segments[0].size)
    return fail("tiles of " + Twine(cells) +
                " cells, whose levels do not fit "
                "the constant segment of " +
                Twine(program.segments[0].size) + " bytes");
  if (Error error = checkTable(tile.steps, tile.columns * sizeof(uint32_t),
                               "steps of a tile"))
    return error;
  return checkTable(tile.levels, uint64_t(tile.rows) * tile.columns,
                    "levels of a tile");
}

Error Checker::checkVectors(uint32_t layer, uint64_t first,
                            uint64_t count) const {
  if (layer >= program.layers.size())
    return fail("layer " + Twine(layer) + " of " +
                Twine(program.layers.size()));
  uint64_t vectors = program.layers[layer].getVectors();
  if (count == 0 || first + count > vectors)
    return fail("vectors " + Twine(first) + " to " + Twine(first + count) +
                " of " + Twine(vectors));
  return Error::success();
}

Error Checker::checkVectorMemory(uint64_t offset, uint64_t bytes) const {
  uint64_t size = machine.vectors.bytes;
  if (offset > size || bytes > size - offset)
    return fail(Twine(bytes) + " bytes at " + Twine(offset) +
                " of the vector memory, which has " + Twine(size));
  return Error::success();
}

Error Checker::checkCommand(const QuantizeCommand &command,
                            const Queue &) const {
  if (Error error = checkVectors(command.layer, command.first, command.count))
    return error;
  return checkVectorMemory(
      command.codes, command.count * program.layers[command.layer].getRows());
}

Error Checker::checkCommand(const AccumulateCommand &command,
                            const Queue &) const {
  if (Error error = checkVectors(command.layer, command.first, command.count))
    return error;
  return checkVectorMemory(
      command.codes, command.count * program.layers[command.layer].getCodes());
}

Error Checker::checkCommand(const ReadCommand &command,
                            const Queue &queue) const {
  if (Error error = checkVectors(command.layer, 0, command.count))
    return error;
  const Layer &layer = program.layers[command.layer];
  if (command.tile >= layer.tiles.size() ||
      layer.tiles[command.tile].core != queue.core)
    return fail("tile " + Twine(command.tile) + " of layer " +
                Twine(command.layer) + ", which is not on core " +
                Twine(queue.core));
  if (command.phases != 4 && command.phases != 1)
    return fail("a read of " + Twine(command.phases) +
                " phases, there are 4 and 1");
  if (command.phases == 1 && layer.low < 0)
    return fail("a read of one phase of inputs that may be negative");
  if (Error error =
          checkVectorMemory(command.inputs, command.count * layer.getRows()))
    return error;
  return checkVectorMemory(command.outputs,
                           uint64_t(command.count) *
                               layer.tiles[command.tile].columns);
}

Error Checker::checkCommand(const WaitCommand &command, const Queue &) const {
  if (command.semaphore >= maxSemaphores || command.count == 0 ||
      command.count > maxSemaphoreCount)
    return fail("a wait for semaphore " + Twine(command.semaphore) +
                " to reach " + Twine(command.count));
  return Error::success();
}

Error Checker::checkCommand(const SignalCommand &command, const Queue &) const {
  if (command.queue >= program.queues.size() ||
      command.semaphore >= maxSemaphores || command.count == 0 ||
      command.count > maxSemaphoreCount)
    return fail("a signal of " + Twine(command.count) + " to semaphore " +
                Twine(command.semaphore) + " of queue " + Twine(command.queue));
  return Error::success();
}

Error Checker::checkQueue(const Queue &queue) const {
  bool isDigital = &queue == &program.queues.front();
  for (const Command &command : queue.commands) {
    if (!isSynchronisation(command) &&
        std::holds_alternative<ReadCommand>(command) == isDigital)
      return fail("'" + getName(command) + "' is no command of this queue");
    if (Error error = std::visit(
            [&](const auto &kind) { return checkCommand(kind, queue); },
            command))
      return error;
  }
  return Error::success();
}

/// What a command does of a program whose commands are checked.
static uint64_t countOperations(const Command &command,
                                const Program &program) {
  if (const auto *quantize = std::get_if<QuantizeCommand>(&command))
    return quantize->count * program.layers[quantize->layer].getRows();
  if (const auto *accumulate = std::get_if<AccumulateCommand>(&command))
    return accumulate->count * program.layers[accumulate->layer].getCodes();
  if (const auto *read = std::get_if<ReadCommand>(&command)) {
    const Tile &tile = program.layers[read->layer].tiles[read->tile];
    return uint64_t(read->count) * tile.rows * tile.columns;
  }
  return 0;
}

uint64_t countOperations(const Program &program) {
  uint64_t operations = 0;
  for (const Queue &queue : program.queues)
    for (const Command &command : queue.commands)
      operations = SaturatingAdd(operations, countOperations(command, program));
  return operations;
}

Error Checker::check() {
  if (program.segments.empty() || program.queues.empty() ||
      program.queues.size() > size_t(1) + machine.cores)
    return fail("a program without a constant segment, or of " +
                Twine(program.queues.size()) + " queues");
  if (Error error = checkSegments())
    return error;
  for (const auto &[i, layer] : enumerate(program.layers)) {
    place = ("layer " + Twine(i) + ": ").str();
    if (Error error = checkLayer(layer))
      return error;
  }
  std::set<uint32_t> cores;
  for (const auto &[i, queue] : enumerate(program.queues)) {
    place = ("queue " + Twine(i) + ": ").str();
    if (i == 0
            ? queue.core != 0
            : queue.core >= machine.cores || !cores.insert(queue.core).second)
      return fail("core " + Twine(queue.core) +
                  " does not exist or has a queue already");
    if (Error error = checkQueue(queue))
      return error;
  }
  place.clear();
  if (uint64_t operations = countOperations(program);
      operations > maxOperations)
    return fail("a run of " + Twine(operations) + " operations, more than " +
                Twine(maxOperations));
  return Error::success();
}

Error checkProgram(const Program &program, const MachineDescription &machine) {
  return Checker(program, machine).check();
}

} // namespace garam::analog
