//===- LowPrecision.h - Numbers of 8 bits and less --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_LOWPRECISION_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_LOWPRECISION_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::onnx {

/// How ONNX's Cast and QuantizeLinear treat what a narrow float has not.
struct NarrowFloatRules {
  /// What is too large becomes the largest finite value; else NaN, or the
  /// infinity of f8E5M2.
  bool saturate = true;
  /// Of f8E8M0FNU, which has powers of two only.
  enum class Rounding { Up, Down, Nearest } rounding = Rounding::Up;
};

/// Whether `type` is a float of 8 bits or less.
bool isNarrowFloat(mlir::Type type);

/// Rounds the float `value` to `type`, a narrow float of the model, and gives
/// it in the lowered type. f4E2M1FN, which has neither NaN nor infinity, always
/// saturates; of NaN it makes -0, as ml_dtypes does.
mlir::Value roundToNarrowFloat(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                               mlir::FloatType type,
                               const NarrowFloatRules &rules);

/// The low bits of the i32 `value` as an integer of `type`, which has less than
/// 8 bits and a sign of the model's, in i8.
mlir::Value wrapToNarrowInteger(mlir::ImplicitLocOpBuilder &b,
                                mlir::Value value, mlir::IntegerType type);

/// The float `value` as an f32, when it is narrower.
mlir::Value widenToF32(mlir::ImplicitLocOpBuilder &b, mlir::Value value);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_LOWPRECISION_H
