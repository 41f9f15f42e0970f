//===- GemmTiling.h - Least traffic of a product of matrices ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How few bytes a product of matrices moves between a large memory and a buffer
// that does not hold it: a bound that no order of the work beats, and the best
// that rectangular tiles do.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_GEMMTILING_H
#define GARAM_SUPPORT_GEMMTILING_H

#include <cstdint>
#include <optional>

namespace garam {

/// rows x reduction times reduction x columns.
struct GemmShape {
  uint64_t rows = 1, columns = 1, reduction = 1;
};

/// What a buffer holds, and how.
struct GemmBuffer {
  uint64_t bytes = 0;
  /// Of an element: of the two operands, of a sum that is not complete, of the
  /// result.
  uint64_t inputBytes = 1, weightBytes = 1, sumBytes = 1, outputBytes = 1;
  /// Beside the weights of a column, as its scale. Not counted as traffic.
  uint64_t columnBytes = 0;
  /// Whether incomplete sums have a memory of their own, for this many of them
  /// at most: the buffer holds complete results then, and sums never leave.
  std::optional<uint64_t> sumCapacity = std::nullopt;
  /// Copies of what streams past the stationary tile: 2 overlaps its transfers
  /// with the work.
  uint64_t streamBuffers = 1;
  /// Copies of an operand's tile that stays, if there are several tiles.
  uint64_t operandBuffers = 1;
  /// Tiles are multiples of these, or the whole dimension; of what streams as
  /// much as one of them is there at a time.
  uint64_t rowGrain = 1, columnGrain = 1, reductionGrain = 1;
};

enum class Stationary : uint8_t { Output, Weight, Input };

/// A rectangle of the operand that stays in the buffer while a row and a column
/// of the others stream past it.
struct GemmTile {
  Stationary stationary = Stationary::Output;
  /// Of the output rows x columns, of the weight reduction x columns, of the
  /// input rows x reduction.
  uint64_t height = 0, width = 0;
  uint64_t trafficBytes = 0;
};

/// The least traffic over all tiles; nothing when not even a tile of one grain
/// fits. Among tiles of equal traffic those of the output come first, then
/// those of the weight, and of each the one of the least extent in the
/// dimension that is enumerated: rows of the output, else the reduction. Takes
/// a time that is linear in the dimensions, as far as the buffer holds them.
std::optional<GemmTile> findLeastTraffic(const GemmShape &shape,
                                         const GemmBuffer &buffer);

/// Each operand and the result once, in bytes.
uint64_t getCompulsoryTraffic(const GemmShape &shape, const GemmBuffer &buffer);

/// What no order of the work beats with a buffer of `elements`, in elements:
/// 2 M N K / sqrt(S) - 2 S, and not less than everything once (Smith, Lowery,
/// Langou, van de Geijn, A Tight I/O Lower Bound for Matrix Multiplication,
/// 2017).
double getTrafficBound(const GemmShape &shape, uint64_t elements);

} // namespace garam

#endif // GARAM_SUPPORT_GEMMTILING_H
