//===- WindowSizes.h - Sizes of convolutions and pooling --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Expressions of the size of a spatial dimension, which is a number or shows
// at run time. Source: the specifications of Conv, MaxPool and ConvTranspose,
// opsets 11 to 22.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_WINDOWSIZES_H
#define GARAM_DIALECT_ONNX_IR_WINDOWSIZES_H

#include "mlir/IR/AffineExpr.h"

#include <optional>

namespace garam::onnx {

/// The values of attribute 'auto_pad'.
enum class AutoPad { None, Valid, SameUpper, SameLower };
/// None of a text that is no value.
std::optional<AutoPad> parseAutoPad(llvm::StringRef text);

/// Along one spatial dimension, as the node gives it.
struct WindowAxis {
  int64_t kernel = 1, stride = 1, dilation = 1, padLow = 0, padHigh = 0;

  /// From the first element under the window to behind the last one.
  int64_t getReach() const { return dilation * (kernel - 1) + 1; }
};

/// What follows from the size of the input's dimension.
struct WindowSizes {
  mlir::AffineExpr padLow, padHigh, output;
  /// What the last window may reach beyond the padding. Of a size of run time
  /// it is the most that it can be.
  mlir::AffineExpr overhang;
};

/// Sizes of a window that moves by its stride over `size` elements and their
/// padding. `roundsUp`: as ceil_mode says, a last window may reach beyond them;
/// one that would begin beyond the input and its low padding is left out.
/// None where padding or output cannot be told of a size of run time: of a
/// window smaller than its stride by `autoPad`, or rounded up with padding of a
/// window's reach and more.
std::optional<WindowSizes> getWindowSizes(const WindowAxis &axis,
                                          mlir::AffineExpr size,
                                          AutoPad autoPad, bool roundsUp);

/// What follows from the size of the input's dimension of a transposed
/// convolution.
struct TransposedWindowSizes {
  /// What the attributes take from the front of all that windows cover.
  mlir::AffineExpr padLow;
  mlir::AffineExpr output;
};

/// `extra`: attribute 'output_padding'; `wanted`: 'output_shape', 0 without.
/// None where the padding cannot be told, of 'output_shape' for a size of run
/// time.
std::optional<TransposedWindowSizes>
getTransposedWindowSizes(const WindowAxis &axis, mlir::AffineExpr size,
                         AutoPad autoPad, int64_t extra, int64_t wanted);

/// `size` resized by `scale`, rounded down as runtimes do, in f32. None of a
/// size of run time where no quotient of small numbers does so.
std::optional<mlir::AffineExpr> getScaledSize(mlir::AffineExpr size,
                                              float scale);

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_IR_WINDOWSIZES_H
