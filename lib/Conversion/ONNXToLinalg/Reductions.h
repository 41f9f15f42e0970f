//===- Reductions.h - Maxima and minima -------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_REDUCTIONS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_REDUCTIONS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::onnx {

/// The least value of a float (minus infinity) or integer type.
mlir::TypedAttr getLowest(mlir::Type type, bool isUnsigned);
/// The greatest value of a float (infinity) or integer type.
mlir::TypedAttr getHighest(mlir::Type type, bool isUnsigned);

/// The maximum of two scalars; NaN wins.
mlir::Value makeMaximum(mlir::ImplicitLocOpBuilder &b, bool isUnsigned,
                        mlir::ValueRange scalars);
/// The minimum of two scalars; NaN wins.
mlir::Value makeMinimum(mlir::ImplicitLocOpBuilder &b, bool isUnsigned,
                        mlir::ValueRange scalars);

/// The i64 index of the extremum along `axis`, which the result lacks: the
/// first or the last where several are equal.
mlir::Value makeArgument(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                         int64_t axis, bool wantsMaximum, bool wantsLast,
                         bool isUnsigned);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_REDUCTIONS_H
