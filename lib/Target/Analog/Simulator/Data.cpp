//===- Data.cpp - What commands do to memories ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Data.h"

#include "TensorWalk.h"
#include "garam/Target/Analog/Machine/Arithmetic.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/ThreadPool.h"

using llvm::support::endian::read32le;
using llvm::support::endian::write32le;

namespace garam::analog {

static float readFloat(const uint8_t *bytes) {
  return llvm::bit_cast<float>(read32le(bytes));
}

/// The end of what a command touches in vector memory.
static uint64_t getEnd(const Command &command, const Program &program) {
  if (const auto *quantize = std::get_if<QuantizeCommand>(&command))
    return quantize->codes +
           quantize->count * program.layers[quantize->layer].getRows();
  if (const auto *accumulate = std::get_if<AccumulateCommand>(&command))
    return accumulate->codes +
           accumulate->count * program.layers[accumulate->layer].getCodes();
  if (const auto *read = std::get_if<ReadCommand>(&command)) {
    const Layer &layer = program.layers[read->layer];
    uint64_t columns = layer.tiles[read->tile].columns;
    return std::max(read->inputs + read->count * layer.getRows(),
                    read->outputs + read->count * columns);
  }
  return 0;
}

DataPath::DataPath(const Program &program, const MachineDescription &machine,
                   RunMemory memory, const Crossbars *crossbars,
                   unsigned threads)
    : program(program), machine(machine), memory(std::move(memory)),
      crossbars(crossbars) {
  size_t tiles = 0;
  for (const Layer &layer : program.layers) {
    firstTiles.push_back(tiles);
    tiles += layer.tiles.size();
  }
  uint64_t end = 0;
  for (const Queue &queue : program.queues)
    for (const Command &command : queue.commands)
      end = std::max(end, getEnd(command, program));
  vectors.resize(end);
  if (threads != 1)
    pool = std::make_unique<llvm::DefaultThreadPool>(
        llvm::hardware_concurrency(threads));
}

DataPath::~DataPath() = default;

llvm::Error checkTables(const Program &program,
                        llvm::ArrayRef<uint8_t> constants) {
  for (const auto &[number, layer] : llvm::enumerate(program.layers))
    for (const Tile &tile : layer.tiles)
      for (uint32_t column = 0; column < tile.columns; ++column)
        if (read32le(constants.data() + tile.steps +
                     column * sizeof(uint32_t)) == 0)
          return llvm::createStringError(
              "layer " + std::to_string(number) + ": the ADC of column " +
              std::to_string(column) + " of a tile has a step of 0");
  return llvm::Error::success();
}

void DataPath::forParts(uint64_t count, uint64_t operationsEach,
                        llvm::function_ref<void(uint64_t, uint64_t)> run) {
  // Less than this takes no longer than handing it to another thread.
  constexpr uint64_t leastOperations = 1 << 18;
  if (!pool || count < 2 || count * operationsEach < leastOperations)
    return run(0, count);
  uint64_t parts = std::min<uint64_t>(pool->getMaxConcurrency(), count);
  llvm::ThreadPoolTaskGroup tasks(*pool);
  for (uint64_t part = 0; part < parts; ++part)
    tasks.async([=] { run(count * part / parts, count * (part + 1) / parts); });
  tasks.wait();
}

void DataPath::execute(const QuantizeCommand &command) {
  const Layer &layer = program.layers[command.layer];
  const uint8_t *tensor =
      memory.read(layer.input.segment).data() + layer.input.offset;
  TensorWalk walk(layer.input, layer.vectorSizes, layer.rowSizes);
  uint64_t rows = layer.getRows();
  forParts(command.count, rows, [&](uint64_t first, uint64_t last) {
    for (uint64_t i = first; i < last; ++i) {
      int8_t *codes = vectors.data() + command.codes + i * rows;
      walk.visit(command.first + i, [&](uint64_t row, int64_t element) {
        float x = element < 0 ? 0 : readFloat(tensor + element * sizeof(float));
        codes[row] = convertInput(x, layer.inputScale, layer.low, layer.high);
      });
    }
  });
}

template <typename Cell, typename Sum>
void DataPath::multiply(const ReadCommand &command, const Cell *cells) {
  const Layer &layer = program.layers[command.layer];
  const Tile &tile = layer.tiles[command.tile];
  const uint8_t *steps = getConstants() + tile.steps;
  int32_t limit = machine.getADCLimit();
  uint64_t rows = layer.getRows();
  auto run = [&](uint64_t first, uint64_t last) {
    std::vector<Sum> sums(tile.columns);
    for (uint64_t i = first; i < last; ++i) {
      const int8_t *inputs =
          vectors.data() + command.inputs + i * rows + tile.firstRow;
      llvm::fill(sums, 0);
      for (uint32_t row = 0; row < tile.rows; ++row) {
        Sum input = inputs[row];
        if (input == 0)
          continue;
        const Cell *weights = cells + size_t(row) * tile.columns;
        for (uint32_t column = 0; column < tile.columns; ++column)
          sums[column] += input * static_cast<Sum>(weights[column]);
      }
      int8_t *outputs = vectors.data() + command.outputs + i * tile.columns;
      for (uint32_t column = 0; column < tile.columns; ++column) {
        uint32_t step = read32le(steps + column * sizeof(uint32_t));
        if constexpr (std::is_integral_v<Sum>)
          outputs[column] = convertOutput(int64_t(sums[column]), step, limit);
        else
          outputs[column] = convertOutput(sums[column], step, limit);
      }
    }
  };
  forParts(command.count, uint64_t(tile.rows) * tile.columns, run);
}

void DataPath::execute(const ReadCommand &command) {
  const Tile &tile = program.layers[command.layer].tiles[command.tile];
  if (crossbars) {
    size_t number = firstTiles[command.layer] + command.tile;
    return multiply<float, double>(command, crossbars->tiles[number].data());
  }
  // Codes and levels are bytes and rows at most 4096: sums fit 32 bits.
  multiply<int8_t, int32_t>(
      command, reinterpret_cast<const int8_t *>(getConstants() + tile.levels));
}

void DataPath::execute(const AccumulateCommand &command) {
  const Layer &layer = program.layers[command.layer];
  const uint8_t *constants = getConstants();
  uint8_t *tensor =
      memory.write(layer.output.segment).data() + layer.output.offset;
  TensorWalk walk(layer.output, layer.vectorSizes, layer.columnSizes);
  uint64_t columns = layer.getColumns();
  auto run = [&](uint64_t first, uint64_t last) {
    std::vector<uint32_t> sums(columns);
    for (uint64_t i = first; i < last; ++i) {
      llvm::fill(sums, 0);
      const int8_t *codes = vectors.data() + command.codes;
      for (const Tile &tile : layer.tiles) {
        const int8_t *own = codes + i * tile.columns;
        // Unsigned, for 32-bit accumulators wrap around.
        for (uint32_t column = 0; column < tile.columns; ++column)
          sums[tile.firstColumn + column] +=
              static_cast<uint32_t>(own[column]) *
              read32le(constants + tile.steps + column * sizeof(uint32_t));
        codes += uint64_t(command.count) * tile.columns;
      }
      walk.visit(command.first + i, [&](uint64_t column, int64_t element) {
        uint64_t at = column * sizeof(float);
        float bias =
            layer.biases ? readFloat(constants + *layer.biases + at) : 0;
        float value = rescale(static_cast<int32_t>(sums[column]),
                              readFloat(constants + layer.scales + at), bias,
                              layer.outputLow, layer.outputHigh);
        write32le(tensor + element * sizeof(float),
                  llvm::bit_cast<uint32_t>(value));
      });
    }
  };
  forParts(command.count, layer.getCodes() + columns, run);
}

} // namespace garam::analog
