//===- Window.h - Windows of convolutions and pooling -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H

#include "NodeAccessor.h"
#include "StructuredBuilders.h"

namespace garam::onnx {

/// A window that slides over the spatial dimensions of a tensor
/// [N, C, D1, D2, ...]; each vector has one value a spatial dimension, sizes of
/// run time are indices.
struct Window {
  mlir::SmallVector<int64_t> kernel, strides, dilations;
  /// Padding as the node asks for.
  Sizes padLow, padHigh;
  /// What to add behind the input: padHigh, and what ceil_mode makes the last
  /// window reach beyond it.
  Sizes padBehind;
  Sizes input, output;

  size_t getSpatialRank() const { return kernel.size(); }
  /// [N, C, D1, D2, ...] surrounded with `value` by padLow and padBehind.
  mlir::Value makePadded(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                         mlir::TypedAttr value) const;
  /// The coordinate stride * output + dilation * kernel of the padded input,
  /// in spatial dimension `dim`.
  mlir::AffineExpr getCoordinate(size_t dim, mlir::AffineExpr output,
                                 mlir::AffineExpr kernel) const;
};

/// Reads auto_pad, ceil_mode, dilations, pads and strides for a window of
/// sizes `kernel` over the dimensions of input 0 from 2 on. Reports values out
/// of range and windows that do not fit; whether they do where a size shows at
/// run time, the passes that size buffers verify.
/// Source: the specifications of Conv and MaxPool, opsets 11 to 22.
mlir::FailureOr<Window> getWindow(NodeAccessor &node,
                                  mlir::ArrayRef<int64_t> kernel);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_WINDOW_H
