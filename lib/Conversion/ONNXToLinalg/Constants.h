//===- Constants.h - Reads and makes constant tensors -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_CONSTANTS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace garam::onnx {

/// The elements of `value` when an arith.constant makes it, else null.
mlir::ElementsAttr getConstantElements(mlir::Value value);

/// The elements as integers; nothing when they are not integers or their blob
/// is missing or too short.
std::optional<mlir::SmallVector<int64_t>> readInts(mlir::ElementsAttr elements,
                                                   bool isUnsigned);

/// The elements as floats; nothing when they are not floats or their blob is
/// missing or too short.
std::optional<mlir::SmallVector<double>>
readFloats(mlir::ElementsAttr elements);

/// The one element that `elements` consist of, or null when they differ.
mlir::TypedAttr getUniformElement(mlir::ElementsAttr elements);

/// `elements` with the element type that linalg has for that of the model (see
/// getLoweredType). Null for what is neither dense nor a resource, and for a
/// resource of elements of less than a byte.
mlir::ElementsAttr getLoweredElements(mlir::ElementsAttr elements);

/// A constant as tensor of the lowered type. Elements of less than a byte that
/// are a resource stay packed as they are in the file: a constant of type i4,
/// i2 or f4E2M1FN, which arith.extsi, arith.extui or arith.extf widens. Null
/// for what is neither dense nor a resource.
mlir::Value makeWeight(mlir::ImplicitLocOpBuilder &b,
                       mlir::ElementsAttr elements);

/// `value` as an attribute of a float or integer type.
mlir::TypedAttr getScalarAttr(mlir::Type type, double value);

/// A scalar constant of a float or integer type.
mlir::Value makeScalar(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                       double value);

/// A constant tensor; `type` has a float or integer element type.
mlir::Value makeTensor(mlir::ImplicitLocOpBuilder &b,
                       mlir::RankedTensorType type,
                       mlir::ArrayRef<double> elements);

/// A constant vector of i64.
mlir::Value makeIndexVector(mlir::ImplicitLocOpBuilder &b,
                            mlir::ArrayRef<int64_t> elements);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_CONSTANTS_H
