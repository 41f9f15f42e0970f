//===- Window.h - Windows of convolutions and pooling -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H

#include "NodeAccessor.h"

namespace garam::onnx {

/// A window that slides over the spatial dimensions of a tensor
/// [N, C, D1, D2, ...]; each vector has one value a spatial dimension.
struct Window {
  mlir::SmallVector<int64_t> kernel, strides, dilations;
  /// Padding as the node asks for.
  mlir::SmallVector<int64_t> padLow, padHigh;
  /// What ceil_mode makes the last window reach beyond the padding.
  mlir::SmallVector<int64_t> overhang;
  mlir::SmallVector<int64_t> input, output;

  size_t getSpatialRank() const { return kernel.size(); }
  /// What to add behind the input, overhang included.
  mlir::SmallVector<int64_t> getHighPadding() const;
  /// The coordinate stride * output + dilation * kernel of the padded input,
  /// in spatial dimension `dim`.
  mlir::AffineExpr getCoordinate(size_t dim, mlir::AffineExpr output,
                                 mlir::AffineExpr kernel) const;
};

/// Reads auto_pad, ceil_mode, dilations, pads and strides for a window of
/// sizes `kernel` over the dimensions of input 0 from 2 on. Reports dynamic
/// spatial sizes, values out of range and windows that do not fit.
/// Source: the specifications of Conv and MaxPool, opsets 11 to 22.
mlir::FailureOr<Window> getWindow(NodeAccessor &node,
                                  mlir::ArrayRef<int64_t> kernel);

/// `values` behind [0, 0] for the batch and channel dimensions.
mlir::SmallVector<int64_t> withBatchAndChannel(mlir::ArrayRef<int64_t> values,
                                               int64_t fill = 0);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H
