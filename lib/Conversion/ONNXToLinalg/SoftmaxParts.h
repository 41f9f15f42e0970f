//===- SoftmaxParts.h - What a softmax consists of --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_SOFTMAXPARTS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_SOFTMAXPARTS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::onnx {

/// Tensors of getAccumulatorType of the input.
struct SoftmaxParts {
  mlir::Value shifted; // x - max x
  mlir::Value powers;  // exp(shifted)
  mlir::Value sums;    // of powers along the axes, which it lacks
};

/// The parts of a softmax of the float tensor `input` along the sorted `axes`.
SoftmaxParts makeSoftmaxParts(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                              mlir::ArrayRef<int64_t> axes);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_SOFTMAXPARTS_H
