//===- MatrixReader.h - Reads the weights of a matrix -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_UTILS_MATRIXREADER_H
#define GARAM_DIALECT_ANALOG_UTILS_MATRIXREADER_H

#include "garam/Dialect/Analog/IR/Analog.h"

namespace garam::analog {

/// Whether the elements of a constant of f32 are in memory.
bool areLoaded(mlir::ElementsAttr value);

/// The elements of a constant of f32 that is loaded.
class FloatElements {
public:
  explicit FloatElements(mlir::ElementsAttr value);
  float operator[](int64_t number) const;

private:
  llvm::ArrayRef<char> bytes;
  bool isSplat = false;
};

/// Reads the weights of an `analog.matrix`, also after the operation is gone.
class MatrixReader {
public:
  explicit MatrixReader(MatrixOp matrix);

  int64_t getNumColumns() const { return numColumns; }
  /// Rows of a block.
  int64_t getGroupRows() const { return rowOffsets.size(); }
  /// The first row of the block that a column belongs to.
  int64_t getFirstRow(int64_t column) const;
  /// The weights of a column in the rows of its block, getGroupRows of them.
  void readColumn(int64_t column, llvm::MutableArrayRef<float> weights) const;

private:
  FloatElements elements;
  int64_t numColumns, groupColumns;
  // Numbers of elements: that of (row, column) is the sum of both.
  llvm::SmallVector<int64_t> rowOffsets, columnOffsets;
};

/// The bias of each column, with the offset.
llvm::SmallVector<double> readBiases(RescaleOp op);

/// Element numbers in a row-major tensor of `shape` for all indices below
/// `sizes` in row-major order, where `map` gives coordinates.
llvm::SmallVector<int64_t> listElements(mlir::AffineMap map,
                                        llvm::ArrayRef<int64_t> sizes,
                                        llvm::ArrayRef<int64_t> shape);

} // namespace garam::analog

#endif // GARAM_DIALECT_ANALOG_UTILS_MATRIXREADER_H
