//===- GemmTiling.cpp - Least traffic of a product of matrices ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/GemmTiling.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>

using namespace llvm;

namespace garam {

namespace {

/// A dimension and what its tiles are multiples of.
struct Dimension {
  uint64_t size, grain;
};

/// Tiles of one operand. It stays, `stationaryBytes` an element; for each unit
/// of height a stream needs `heightBytes`, for each unit of width another one
/// `widthBytes`. No more than `maxElements` stay, and the height is at least
/// `leastHeight`.
struct Rectangle {
  Stationary stationary;
  Dimension height, width;
  uint64_t stationaryBytes, heightBytes, widthBytes;
  uint64_t maxElements = UINT64_MAX, leastHeight = 1;
};

/// One grain of a dimension, which may be smaller.
uint64_t getStreamed(const Dimension &dimension) {
  return std::min(dimension.grain, dimension.size);
}

/// Calls `visit` on the heights that a rectangle may have: the multiples of the
/// grain that are less than the size, and the size, as far as a stream of that
/// height fits.
template <typename Visit>
void visitHeights(const Rectangle &rectangle, const GemmBuffer &buffer,
                  Visit &&visit) {
  const Dimension &height = rectangle.height;
  uint64_t most = buffer.bytes / (buffer.streamBuffers * rectangle.heightBytes);
  for (uint64_t extent = alignTo(rectangle.leastHeight, height.grain);
       extent < height.size && extent <= most; extent += height.grain)
    visit(extent);
  visit(height.size);
}

/// The largest width of which so many copies fit beside a height, 0 if none.
uint64_t getLargestWidth(const Rectangle &rectangle, uint64_t height,
                         uint64_t copies, const GemmBuffer &buffer) {
  uint64_t stream = buffer.streamBuffers * height * rectangle.heightBytes;
  if (stream >= buffer.bytes || height < rectangle.leastHeight)
    return 0;
  uint64_t unit = copies * height * rectangle.stationaryBytes +
                  buffer.streamBuffers * rectangle.widthBytes;
  uint64_t width =
      std::min((buffer.bytes - stream) / unit, rectangle.maxElements / height);
  if (width >= rectangle.width.size)
    return rectangle.width.size;
  return width - width % rectangle.width.grain;
}

/// The same, with as many copies as the rectangle needs.
uint64_t getLargestWidth(const Rectangle &rectangle, uint64_t height,
                         const GemmBuffer &buffer) {
  if (height == rectangle.height.size &&
      getLargestWidth(rectangle, height, 1, buffer) == rectangle.width.size)
    return rectangle.width.size;
  return getLargestWidth(
      rectangle, height,
      rectangle.stationary == Stationary::Output ? 1 : buffer.operandBuffers,
      buffer);
}

uint64_t getTraffic(const GemmShape &shape, const GemmBuffer &buffer,
                    Stationary stationary, uint64_t height, uint64_t width) {
  uint64_t inputs = shape.rows * shape.reduction * buffer.inputBytes;
  uint64_t weights = shape.reduction * shape.columns * buffer.weightBytes;
  uint64_t elements = shape.rows * shape.columns;
  uint64_t outputs = elements * buffer.outputBytes;
  // Sums leave the buffer and come back between two parts of the reduction.
  auto getSums = [&](uint64_t part) {
    return 2 * (divideCeil(shape.reduction, part) - 1) * elements *
           buffer.sumBytes;
  };
  switch (stationary) {
  case Stationary::Output:
    return outputs + divideCeil(shape.columns, width) * inputs +
           divideCeil(shape.rows, height) * weights;
  case Stationary::Weight:
    return weights + divideCeil(shape.columns, width) * inputs + outputs +
           getSums(height);
  case Stationary::Input:
    return inputs + divideCeil(shape.rows, width) * weights + outputs +
           getSums(height);
  }
  return 0;
}

} // namespace

std::optional<GemmTile> findLeastTraffic(const GemmShape &shape,
                                         const GemmBuffer &buffer) {
  Dimension rows = {shape.rows, buffer.rowGrain};
  Dimension columns = {shape.columns, buffer.columnGrain};
  Dimension reduction = {shape.reduction, buffer.reductionGrain};
  uint64_t sumBytes = buffer.sumCapacity ? buffer.outputBytes : buffer.sumBytes;
  // Sums that cannot leave are complete when the stationary tile goes.
  uint64_t leastReduction = buffer.sumCapacity ? shape.reduction : 1;
  uint64_t streamedRows = getStreamed(rows),
           streamedColumns = getStreamed(columns),
           streamedReduction = getStreamed(reduction);
  const Rectangle rectangles[] = {
      {Stationary::Output, rows, columns, sumBytes,
       streamedReduction * buffer.inputBytes,
       streamedReduction * buffer.weightBytes + buffer.columnBytes,
       buffer.sumCapacity.value_or(UINT64_MAX)},
      {Stationary::Weight, reduction, columns, buffer.weightBytes,
       streamedRows * buffer.inputBytes,
       streamedRows * sumBytes + buffer.columnBytes, UINT64_MAX,
       leastReduction},
      {Stationary::Input, reduction, rows, buffer.inputBytes,
       streamedColumns * buffer.weightBytes, streamedColumns * sumBytes,
       UINT64_MAX, leastReduction}};
  std::optional<GemmTile> best;
  for (const Rectangle &rectangle : rectangles)
    visitHeights(rectangle, buffer, [&](uint64_t height) {
      uint64_t width = getLargestWidth(rectangle, height, buffer);
      if (width == 0)
        return;
      uint64_t traffic =
          getTraffic(shape, buffer, rectangle.stationary, height, width);
      if (!best || traffic < best->trafficBytes)
        best = {rectangle.stationary, height, width, traffic};
    });
  if (best && best->stationary == Stationary::Input)
    std::swap(best->height, best->width);
  return best;
}

uint64_t getCompulsoryTraffic(const GemmShape &shape,
                              const GemmBuffer &buffer) {
  return shape.rows * shape.reduction * buffer.inputBytes +
         shape.reduction * shape.columns * buffer.weightBytes +
         shape.rows * shape.columns * buffer.outputBytes;
}

double getTrafficBound(const GemmShape &shape, uint64_t elements) {
  double products = static_cast<double>(shape.rows) * shape.columns *
                    static_cast<double>(shape.reduction);
  double size = static_cast<double>(elements);
  return std::max(
      2 * products / std::sqrt(size) - 2 * size,
      static_cast<double>(getCompulsoryTraffic(shape, GemmBuffer())));
}

} // namespace garam
