//===- ContractionLoops.h - The loops of products of floats -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the passes that tile products for vectors share: what each loop of a
// product is, and how loops are split, tiled and dropped.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_CONTRACTIONLOOPS_H
#define GARAM_LIB_TRANSFORMS_CONTRACTIONLOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace garam {

/// The roles of the loops of a product. All others become loops of scalars.
struct ContractionLoops {
  unsigned column = 0;        // the output's innermost dimension
  int row = -1;               // of the other operand; -1: it has none
  unsigned depth = 0;         // a sum
  unsigned columnOperand = 0; // the operand that has columns
};

/// The loops of a sum of products of f32 or f64 of two tensors, of which one
/// has the columns; nothing of other operations.
std::optional<ContractionLoops>
findContractionLoops(mlir::linalg::GenericOp op);

/// Whether all loops have fixed numbers of iterations.
bool isStatic(mlir::linalg::GenericOp op);

/// Whether both operands have neighbours in the sums and none in the columns,
/// and rows are too few to pay for a transposition: dot products.
bool sumsNeighbours(mlir::linalg::GenericOp op, const ContractionLoops &loops);

/// Whether all columns of a row of sums, and then those of the next row, lie
/// side by side, few enough for each tile to fill lines of a cache.
bool hasPackedColumns(mlir::linalg::GenericOp op, const ContractionLoops &loops,
                      int64_t lanes);

/// The iterations of a loop; dynamic ones are no number.
int64_t getSize(mlir::linalg::GenericOp op, unsigned loop);

/// The loop of a map's last dimension.
unsigned getInnermost(mlir::AffineMap map);

/// Fails with a diagnostic when the options of a pass are no registers that
/// products can be tiled for.
mlir::LogicalResult checkVectorRegisters(mlir::MLIRContext *context,
                                         unsigned vectorBits,
                                         unsigned vectorRegisters);

/// Vectors of sums that so many registers hold while products are added.
unsigned countSums(unsigned vectorRegisters);

/// Elements of the output's type in a vector.
int64_t countLanes(mlir::linalg::GenericOp op, unsigned vectorBits);

/// Splits off what fills no tile, if there is something: {whole tiles or null,
/// rest or null}.
std::pair<mlir::linalg::GenericOp, mlir::linalg::GenericOp>
splitLoop(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
          unsigned loop, int64_t tile);

/// Tiles `op` and returns the tile's operation. Loops of size 0 stay; `order`
/// is that of the loops around the tile, empty for the one of `op`.
mlir::FailureOr<mlir::linalg::GenericOp>
tileLoops(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
          llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> order = {});

/// `op` without those of these loops that have one iteration.
mlir::linalg::GenericOp dropLoops(mlir::RewriterBase &rewriter,
                                  mlir::linalg::GenericOp op,
                                  llvm::ArrayRef<unsigned> dropped);

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_CONTRACTIONLOOPS_H
