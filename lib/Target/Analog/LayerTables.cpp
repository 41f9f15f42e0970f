//===- LayerTables.cpp - What a layer has in the constant segment ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LayerTables.h"

#include "garam/Target/Analog/Machine/Arithmetic.h"
#include "garam/Target/NonFiniteWeights.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using llvm::support::endian::write32le;

namespace garam::analog {

/// Tables begin at multiples of it.
static constexpr uint64_t tableAlignment = 64;

LayerTables::LayerTables(RescaleOp op, Layer &target, uint64_t offset,
                         const MachineDescription &machine)
    : matrix(op.getMatrix().getDefiningOp<MatrixOp>()),
      biasTable(op.getBias().value_or(ElementsAttr())), biases(readBiases(op)),
      factor(op.getScale().convertToDouble() *
             op.getConvert().getDac().getScale().getValueAsDouble()),
      levels(machine.crossbar.levels), adcLimit(machine.getADCLimit()),
      offset(offset) {
  uint64_t columns = target.getColumns();
  target.scales = allocate(columns * sizeof(float));
  if (llvm::any_of(biases, [](double bias) { return bias != 0; }))
    target.biases = allocate(columns * sizeof(float));
  for (Tile &tile : target.tiles) {
    tile.steps = allocate(tile.columns * sizeof(uint32_t));
    tile.levels = allocate(uint64_t(tile.rows) * tile.columns);
  }
  layer = target;
}

uint64_t LayerTables::allocate(uint64_t bytes) {
  uint64_t address = offset + size;
  size = llvm::alignTo(size + bytes, tableAlignment);
  return address;
}

static void writeFloat(double value, uint8_t *bytes) {
  write32le(bytes, llvm::bit_cast<uint32_t>(static_cast<float>(value)));
}

void LayerTables::writeColumn(int64_t column, llvm::ArrayRef<float> weights,
                              llvm::MutableArrayRef<uint8_t> bytes) const {
  float largest = 0;
  for (float weight : weights)
    largest = std::max(largest, std::abs(weight));
  float scale = getWeightScale(largest, levels);
  uint64_t entry = column * sizeof(float);
  writeFloat(factor * scale, bytes.data() + layer.scales - offset + entry);
  if (layer.biases)
    writeFloat(biases[column], bytes.data() + *layer.biases - offset + entry);
  int64_t firstRow = matrix.getFirstRow(column);
  for (const Tile &tile : layer.tiles) {
    if (column < tile.firstColumn ||
        column >= int64_t(tile.firstColumn) + tile.columns)
      continue;
    uint8_t *cells =
        bytes.data() + tile.levels - offset + column - tile.firstColumn;
    for (auto [i, weight] : llvm::enumerate(weights)) {
      int64_t row = firstRow + int64_t(i) - tile.firstRow;
      if (row >= 0 && row < tile.rows)
        cells[row * tile.columns] =
            static_cast<uint8_t>(getLevel(weight, scale, levels));
    }
  }
}

void LayerTables::write(llvm::MutableArrayRef<uint8_t> bytes) const {
  std::vector<float> weights(matrix.getGroupRows());
  for (int64_t column = 0; column < matrix.getNumColumns(); ++column) {
    matrix.readColumn(column, weights);
    writeColumn(column, weights, bytes);
  }
  for (const Tile &tile : layer.tiles) {
    const auto *cells =
        reinterpret_cast<int8_t *>(bytes.data() + tile.levels - offset);
    uint8_t *steps = bytes.data() + tile.steps - offset;
    for (uint32_t column = 0; column < tile.columns; ++column)
      write32le(steps + column * sizeof(uint32_t),
                getStep(cells + column, tile.rows, tile.columns, layer.low,
                        layer.high, adcLimit));
  }
}

std::optional<NonFiniteWeight>
LayerTables::findNonFinite(llvm::ArrayRef<uint8_t> bytes) const {
  if (!layer.biases || !biasTable)
    return std::nullopt;
  return garam::findNonFinite(
      biasTable, DataType::Float32,
      bytes.slice(*layer.biases - offset, biases.size() * sizeof(float)),
      /*mayBeBounds=*/false);
}

} // namespace garam::analog
