//===- Access.h - How an operand of a loop nest reads memory ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_ACCESS_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_ACCESS_H

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace garam::npu {

/// Scale and zero point of a whole tensor: (q - zeroPoint) * scale.
struct Dequantization {
  double scale = 1.0;
  int64_t zeroPoint = 0;
  bool isUnsigned = false;
};

/// The element that a loop nest reads in an iteration: `source` at
/// `coordinates`, which are linear in the loop dimensions. Where padding[d] is
/// set, coordinate d may lie outside of the tensor and `fill` stands for the
/// element, in the type of `source`.
struct Access {
  mlir::Value source;
  llvm::SmallVector<mlir::AffineExpr> coordinates;
  llvm::SmallVector<bool> padding;
  double fill = 0.0;
  /// What is read is dequantised (after the fill).
  std::optional<Dequantization> dequantization;
  /// Locations of the operations that the access passed through.
  llvm::SmallVector<mlir::Location> locations;

  Access(mlir::Value source, llvm::ArrayRef<mlir::AffineExpr> coordinates)
      : source(source), coordinates(coordinates),
        padding(coordinates.size(), false) {}

  bool hasPadding() const { return llvm::is_contained(padding, true); }
};

/// Walks `access` up through operations that only move elements: tensor.pad by
/// a constant, tensor.extract_slice, tensor.expand_shape,
/// tensor.collapse_shape of unit dimensions, and transpositions and broadcasts
/// of any spelling. Stops at the first that cannot be expressed.
void foldMovement(Access &access);

/// foldMovement, and through garam_ext.dequantize of a whole tensor.
void foldMovementAndDequantize(Access &access);

/// The dimension of `group` that has more than one element in `shape`, the
/// first one when none has; none when several have: a coordinate of all of them
/// is not linear in one of each.
std::optional<int64_t> findSplitDim(llvm::ArrayRef<int64_t> group,
                                    llvm::ArrayRef<int64_t> shape);

/// Scale and zero point of `op`, when both are constants and it has no blocks.
/// `scales` and `zeroPoints` have one element, or one for each index of its
/// axis.
struct QuantizationParameters {
  llvm::SmallVector<double> scales;
  llvm::SmallVector<double> zeroPoints;
  int64_t axis = 0;
  bool isUnsigned = false;

  bool isPerTensor() const {
    return scales.size() == 1 && zeroPoints.size() == 1;
  }
};
std::optional<QuantizationParameters> getParameters(ext::QuantizeOp op);
std::optional<QuantizationParameters> getParameters(ext::DequantizeOp op);

/// True for sums of dimensions times constants plus a constant.
bool isLinear(mlir::AffineExpr expr);

/// The dimension that `op` reads its only input by, if `op` moves elements and
/// does nothing else: then the result at output coordinates o is the input at
/// coordinates given by the returned map of o.
std::optional<mlir::AffineMap> getMovementMap(mlir::Operation *op);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_ACCESS_H
