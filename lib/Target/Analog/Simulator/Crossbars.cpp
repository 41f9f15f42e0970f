//===- Crossbars.cpp - What crossbars hold after programming --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/Noise.h"
#include "garam/Target/Analog/Simulator.h"

#include "llvm/Support/ThreadPool.h"

namespace garam::analog {

static std::vector<float> programTile(const Tile &tile,
                                      const MachineDescription &machine,
                                      const uint8_t *levels, uint64_t seed) {
  double unit = machine.crossbar.maxMicrosiemens / machine.crossbar.levels;
  std::vector<float> cells(size_t(tile.rows) * tile.columns);
  for (uint32_t row = 0; row < tile.rows; ++row)
    for (uint32_t column = 0; column < tile.columns; ++column) {
      size_t cell = size_t(row) * tile.columns + column;
      CellConductance reached =
          program(machine, static_cast<int8_t>(levels[cell]), seed, tile.core,
                  row, column);
      cells[cell] =
          static_cast<float>((reached.positive - reached.negative) / unit);
    }
  return cells;
}

Crossbars programCrossbars(const Program &program,
                           const MachineDescription &machine,
                           llvm::ArrayRef<uint8_t> constants, uint64_t seed,
                           unsigned threads) {
  Crossbars crossbars;
  std::vector<const Tile *> tiles;
  for (const Layer &layer : program.layers)
    for (const Tile &tile : layer.tiles)
      tiles.push_back(&tile);
  crossbars.tiles.resize(tiles.size());
  auto programOne = [&](size_t i) {
    crossbars.tiles[i] = programTile(*tiles[i], machine,
                                     constants.data() + tiles[i]->levels, seed);
  };
  if (threads == 1 || tiles.size() < 2) {
    for (size_t i = 0; i < tiles.size(); ++i)
      programOne(i);
    return crossbars;
  }
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
  for (size_t i = 0; i < tiles.size(); ++i)
    pool.async([&, i] { programOne(i); });
  pool.wait();
  return crossbars;
}

} // namespace garam::analog
