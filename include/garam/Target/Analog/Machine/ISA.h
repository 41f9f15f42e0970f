//===- ISA.h - Programs of analog chips -------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The structures that the encoder writes and the simulator executes;
// docs/isa/analog.md says what they mean. A program has two parts: layers with
// their tiles, which say what is programmed into which crossbar, and queues of
// commands, which are one inference.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_ISA_H
#define GARAM_TARGET_ANALOG_MACHINE_ISA_H

#include "garam/Target/DeviceProgram.h"

#include <limits>
#include <variant>

namespace garam::analog {

//===----------------------------------------------------------------------===//
// Limits of the encoding
//===----------------------------------------------------------------------===//

constexpr unsigned maxCores = 1024;
constexpr unsigned maxCrossbarSide = 4096; // rows or columns
constexpr unsigned maxDims = 8;            // of a tensor or an index
constexpr unsigned maxSize = 1 << 24;      // of a dimension
constexpr unsigned maxSemaphores = 16;     // of a queue
constexpr unsigned maxSemaphoreCount = 65535;
/// Of one run: cells that are read, codes that are made of inputs and codes
/// that are added up, together. A stranger's program ends.
constexpr uint64_t maxOperations = uint64_t(1) << 40;
/// Accumulators are signed 32-bit integers.
constexpr int64_t maxAccumulator = std::numeric_limits<int32_t>::max();

//===----------------------------------------------------------------------===//
// Programming
//===----------------------------------------------------------------------===//

/// A row-major tensor of f32 in a segment, and which of its elements belongs to
/// an index: coordinate d is start[d] + sum over i of coefficients[d][i] *
/// index[i]. An index is that of a vector, followed by that of a row (of an
/// input) or of a column (of an output).
struct TensorAccess {
  uint32_t segment = 0;
  uint64_t offset = 0; // bytes
  llvm::SmallVector<uint32_t, 4> shape;
  llvm::SmallVector<int32_t, 4> start;
  llvm::SmallVector<llvm::SmallVector<int32_t, 8>, 4> coefficients;
};

/// A rectangle of a layer's matrix in the crossbar of one core.
struct Tile {
  uint32_t core = 0;
  uint32_t firstRow = 0, rows = 0; // of the layer's matrix
  uint32_t firstColumn = 0, columns = 0;
  /// In the constant segment: a signed byte a cell, row after row, its
  /// magnitude the level of the positive or negative polarity.
  uint64_t levels = 0;
  /// In the constant segment: an unsigned 32-bit step of the ADC a column.
  uint64_t steps = 0;
};

/// A product of vectors with a matrix that stays in crossbars, and the
/// conversions around it.
struct Layer {
  llvm::SmallVector<uint32_t, 4> vectorSizes, rowSizes, columnSizes;
  TensorAccess input, output;
  /// An input x becomes round(x / inputScale), within [low, high].
  float inputScale = 1;
  int32_t low = 0, high = 0;
  /// In the constant segment: one f32 a column.
  uint64_t scales = 0;
  std::optional<uint64_t> biases;
  float outputLow = -std::numeric_limits<float>::infinity();
  float outputHigh = std::numeric_limits<float>::infinity();
  /// Blocks of equal size on the diagonal of the matrix; the rest is zero.
  uint32_t groups = 1;
  std::vector<Tile> tiles;

  uint64_t getVectors() const { return getVolume(vectorSizes); }
  uint64_t getRows() const { return getVolume(rowSizes); }
  uint64_t getColumns() const { return getVolume(columnSizes); }
  /// Columns of all tiles: codes that come out of crossbars for a vector.
  uint64_t getCodes() const;
  uint64_t getMACsPerVector() const {
    return getRows() * getColumns() / groups;
  }

private:
  static uint64_t getVolume(llvm::ArrayRef<uint32_t> sizes);
};

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

/// Digital unit: converts the inputs of vectors [first, first + count) of a
/// layer to codes, a byte a row, vector after vector, at `codes` in vector
/// memory.
struct QuantizeCommand {
  uint32_t layer = 0, first = 0, count = 0;
  uint64_t codes = 0;
};

/// Digital unit: adds up the codes of a layer's tiles for vectors [first, first
/// + count) and writes their outputs. At `codes` in vector memory stand the
/// codes of the layer's first tile, a byte a column, vector after vector, then
/// those of the next tile.
struct AccumulateCommand {
  uint32_t layer = 0, first = 0, count = 0;
  uint64_t codes = 0;
};

/// Core: multiplies `count` vectors of codes at `inputs` in vector memory, the
/// layer's rows apart, of which it takes the tile's rows, with the tile, and
/// writes codes, a byte a column, at `outputs`.
struct ReadCommand {
  uint32_t layer = 0, tile = 0; // the tile's number in the layer
  uint32_t count = 0;
  uint32_t phases = 4; // 4, or 1 for inputs that are not negative
  uint64_t inputs = 0, outputs = 0;
};

/// Waits until the queue's semaphore is at `count` and takes that off.
struct WaitCommand {
  uint32_t semaphore = 0, count = 1;
};

/// Adds `count` to a semaphore of a queue.
struct SignalCommand {
  uint32_t queue = 0, semaphore = 0, count = 1;
};

using Command = std::variant<QuantizeCommand, AccumulateCommand, ReadCommand,
                             WaitCommand, SignalCommand>;
/// "quantize", "accumulate", "read", "wait", "signal".
llvm::StringRef getName(const Command &command);
bool isSynchronisation(const Command &command);

/// Commands that are executed in order. Queue 0 is the digital unit's, each
/// other that of a core.
struct Queue {
  uint32_t core = 0; // 0 for queue 0
  std::vector<Command> commands;
};

struct Program {
  /// Segment 0 is the constant one.
  std::vector<DeviceSegment> segments;
  std::vector<Layer> layers;
  std::vector<Queue> queues;
};

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_ISA_H
