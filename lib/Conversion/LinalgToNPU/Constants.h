//===- Constants.h - Values of small constants ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_CONSTANTS_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace garam::npu {

/// Elements that are evaluated at compile time at most: biases, scales and
/// tables are smaller, weights are larger and stay where they are.
constexpr int64_t maxEvaluatedElements = 1 << 16;

/// The elements of `attribute` in row-major order; integers read as signed or
/// unsigned. Nothing when it holds more than maxEvaluatedElements or a type
/// that is neither a float of up to 64 bits nor an integer.
std::optional<llvm::SmallVector<double>> readElements(mlir::Attribute attribute,
                                                      bool isUnsigned = false);

/// As readElements, when a constant defines `value`.
std::optional<llvm::SmallVector<double>> readConstant(mlir::Value value,
                                                      bool isUnsigned = false);

/// The one value of all elements of the constant tensor or scalar `value`, a
/// fill included.
std::optional<double> readSplat(mlir::Value value, bool isUnsigned = false);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_CONSTANTS_H
