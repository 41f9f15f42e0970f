//===- LeastTrafficTiles.cpp - Tiles of large products --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LeastTrafficTiles.h"

#include "TileGeometry.h"
#include "garam/Support/GemmTiling.h"
#include "garam/Target/NPU/Machine/Timing.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// A tile at work and the one that is brought meanwhile.
constexpr uint64_t streamBuffers = 2;
/// Of what fits, these parts stream at a time.
constexpr uint64_t streamParts[] = {1, 4, 16};

/// The loops of a product of matrices.
struct ProductLoops {
  unsigned row, column, reduction;
};

/// The one loop of `kind` that is longer than 1.
std::optional<unsigned> findOnlyLoop(const Stage &stage, IteratorKind kind) {
  std::optional<unsigned> only;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (stage.kinds[dim] == kind && stage.sizes[dim] > 1) {
      if (only)
        return std::nullopt;
      only = dim;
    }
  return only;
}

std::optional<ProductLoops> findProductLoops(const Stage &stage) {
  if (!stage.isContract())
    return std::nullopt;
  std::optional<unsigned> row = findOnlyLoop(stage, IteratorKind::row);
  std::optional<unsigned> column = findOnlyLoop(stage, IteratorKind::column);
  std::optional<unsigned> reduction =
      findOnlyLoop(stage, IteratorKind::reduction);
  if (!row || !column || !reduction)
    return std::nullopt;
  return ProductLoops{*row, *column, *reduction};
}

/// What a core's memory holds of the product. A run of the reduction is a pass
/// over the array and a burst of memory at least.
GemmBuffer getBuffer(const Stage &stage, const ArrayMode &mode, int64_t bytes,
                     const MachineDescription &machine) {
  GemmBuffer buffer;
  buffer.bytes = std::max<int64_t>(bytes, 0);
  buffer.inputBytes = getElementBytes(stage.inputs[0].type);
  buffer.weightBytes = getElementBytes(stage.inputs[1].type);
  buffer.outputBytes = getElementBytes(stage.outputs[0].type);
  for (const StageOperand &operand : ArrayRef(stage.inputs).drop_front(2)) {
    if (operand.role == OperandRole::Residual)
      buffer.outputBytes += getElementBytes(operand.type);
    else
      buffer.columnBytes += getElementBytes(operand.type);
  }
  buffer.sumCapacity = machine.tensor.accumulatorBytes / sizeof(int32_t);
  buffer.streamBuffers = buffer.operandBuffers = streamBuffers;
  buffer.columnGrain = mode.outputs;
  buffer.reductionGrain = llvm::alignTo(
      std::max<uint64_t>(machine.dram.burstBytes / buffer.inputBytes, 1),
      mode.reduction);
  // What is packed begins at aligned addresses.
  uint64_t constants = ArrayRef(stage.inputs).drop_front(1).size();
  uint64_t lost = streamBuffers * constants * getAlignment(machine);
  buffer.bytes -= std::min(buffer.bytes, lost);
  return buffer;
}

/// Copies of an operand's tile of which `size` of `whole` stay.
uint64_t getCopies(uint64_t size, uint64_t whole) {
  return size == whole ? 1 : streamBuffers;
}

/// How much of a dimension may stream at a time.
struct Stream {
  uint64_t size, grain; // of the dimension
  uint64_t unitBytes;   // of one unit of it
  uint64_t heldBytes;   // that stay meanwhile

  /// As many grains as fit, at least one, and parts of that.
  SmallVector<uint64_t> listExtents(const GemmBuffer &buffer) const {
    uint64_t room = buffer.bytes - std::min(buffer.bytes, heldBytes);
    uint64_t fitting = room / (streamBuffers * unitBytes);
    SmallVector<uint64_t> extents;
    for (uint64_t part : streamParts) {
      uint64_t whole = llvm::alignDown(std::min(fitting, size) / part, grain);
      uint64_t extent = std::min(size, std::max(whole, grain));
      if (!llvm::is_contained(extents, extent))
        extents.push_back(extent);
    }
    return extents;
  }
};

/// The loop that streams past `tile`, and what of it fits.
std::pair<unsigned, Stream> getStream(const GemmShape &shape,
                                      const GemmBuffer &buffer,
                                      const GemmTile &tile,
                                      const ProductLoops &loops) {
  uint64_t rows = tile.height, columns = tile.width,
           columnBytes = streamBuffers * buffer.columnBytes;
  switch (tile.stationary) {
  case Stationary::Output:
    break;
  case Stationary::Weight:
    return {loops.row,
            {shape.rows, buffer.rowGrain,
             shape.reduction * buffer.inputBytes + columns * buffer.outputBytes,
             columns * (getCopies(columns, shape.columns) * shape.reduction *
                            buffer.weightBytes +
                        columnBytes)}};
  case Stationary::Input:
    return {loops.column,
            {shape.columns, buffer.columnGrain,
             shape.reduction * buffer.weightBytes + buffer.columnBytes +
                 rows * buffer.outputBytes,
             getCopies(rows, shape.rows) * rows * shape.reduction *
                 buffer.inputBytes}};
  }
  return {loops.reduction,
          {shape.reduction, buffer.reductionGrain,
           rows * buffer.inputBytes + columns * buffer.weightBytes,
           columns * (rows * buffer.outputBytes + columnBytes)}};
}

} // namespace

SmallVector<SmallVector<int64_t>>
findLeastTrafficTiles(const Stage &stage, ArrayRef<int64_t> part, int64_t bytes,
                      const MachineDescription &machine) {
  SmallVector<SmallVector<int64_t>> tiles;
  std::optional<ProductLoops> loops = findProductLoops(stage);
  const ArrayMode *mode =
      loops ? machine.findMode(getElementType(stage.inputs[0].type)) : nullptr;
  if (!mode)
    return tiles;
  GemmShape shape;
  shape.rows = part[loops->row];
  shape.columns = part[loops->column];
  shape.reduction = part[loops->reduction];
  GemmBuffer buffer = getBuffer(stage, *mode, bytes, machine);
  std::optional<GemmTile> tile = findLeastTraffic(shape, buffer);
  if (!tile)
    return tiles;
  auto [streamed, stream] = getStream(shape, buffer, *tile, *loops);
  SmallVector<int64_t> sizes(stage.getNumLoops(), 1);
  sizes[loops->row] = tile->height;
  sizes[loops->column] = tile->width;
  sizes[loops->reduction] = shape.reduction;
  if (tile->stationary == Stationary::Input)
    sizes[loops->column] = shape.columns;
  for (uint64_t extent : stream.listExtents(buffer)) {
    sizes[streamed] = extent;
    tiles.push_back(sizes);
  }
  return tiles;
}

} // namespace garam::npu
