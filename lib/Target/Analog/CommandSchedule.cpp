//===- CommandSchedule.cpp - Commands of one layer after the other --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandSchedule.h"

#include "llvm/Support/MathExtras.h"

namespace garam::analog {

/// Blocks under way at once.
static constexpr unsigned numSlots = 2;

CommandSchedule::CommandSchedule(Program &program,
                                 const MachineDescription &machine)
    : program(program), machine(machine), queueOfCore(machine.cores, 0) {
  program.queues.resize(1);
  layerOf.resize(1);
}

uint32_t CommandSchedule::getQueue(uint32_t core) {
  uint32_t &queue = queueOfCore[core];
  if (queue == 0) {
    queue = program.queues.size();
    program.queues.push_back({core, {}});
    layerOf.emplace_back();
  }
  return queue;
}

uint64_t CommandSchedule::getNeededBytes(const Layer &layer) {
  return numSlots * (layer.getRows() + layer.getCodes());
}

/// As many blocks as keep the program short, and as few as the memory needs.
std::vector<CommandSchedule::Block> CommandSchedule::cutBlocks() {
  constexpr uint64_t wantedBlocks = 32;
  const Layer &l = program.layers[layer];
  uint64_t vectors = l.getVectors();
  uint64_t vectorBytes = l.getRows() + l.getCodes();
  uint64_t most = machine.vectors.bytes / (numSlots * vectorBytes);
  uint64_t each = std::min(most, llvm::divideCeil(vectors, wantedBlocks));
  std::vector<Block> blocks;
  for (uint64_t first = 0; first < vectors; first += each) {
    uint32_t slot = blocks.size() % numSlots;
    uint64_t base = slot * each * vectorBytes;
    blocks.push_back({uint32_t(first),
                      uint32_t(std::min(each, vectors - first)), base,
                      base + each * l.getRows(), slot});
    usedBytes = std::max(usedBytes, base + each * vectorBytes);
  }
  return blocks;
}

/// The digital unit converts, each core multiplies.
void CommandSchedule::addBegin(const Block &block, uint32_t phases) {
  add(0, QuantizeCommand{layer, block.first, block.count, block.codes});
  uint64_t results = block.results;
  const std::vector<Tile> &tiles = program.layers[layer].tiles;
  for (uint32_t tile = 0; tile < tiles.size(); ++tile) {
    uint32_t queue = getQueue(tiles[tile].core);
    add(0, SignalCommand{queue, 0, 1});
    add(queue, WaitCommand{0, 1});
    add(queue,
        ReadCommand{layer, tile, block.count, phases, block.codes, results});
    add(queue, SignalCommand{0, block.semaphore, 1});
    results += uint64_t(block.count) * tiles[tile].columns;
  }
}

void CommandSchedule::addEnd(const Block &block) {
  auto tiles = static_cast<uint32_t>(program.layers[layer].tiles.size());
  add(0, WaitCommand{block.semaphore, tiles});
  add(0, AccumulateCommand{layer, block.first, block.count, block.results});
}

uint32_t CommandSchedule::addLayer(uint32_t number, uint32_t phases) {
  layer = number;
  std::vector<Block> blocks = cutBlocks();
  for (size_t i = 0; i < blocks.size(); ++i) {
    addBegin(blocks[i], phases);
    if (i > 0)
      addEnd(blocks[i - 1]);
  }
  addEnd(blocks.back());
  return program.queues[0].commands.size() - 1;
}

} // namespace garam::analog
