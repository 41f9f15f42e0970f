//===- DataTypes.h - Element types of IR as a binary has them ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_DATATYPES_H
#define GARAM_SUPPORT_DATATYPES_H

#include "garam/Support/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Types.h"

namespace garam {

/// Unit attribute of an argument or result of a function: its integers are
/// unsigned in the model; those of linalg have no sign.
constexpr llvm::StringLiteral unsignedAttrName = "onnx.unsigned";

/// The type that elements have in the onnx dialect, whose signed integers are
/// MLIR's without a sign, and the one of such a type, where there is one.
mlir::Type getModelType(mlir::MLIRContext *context, DataType type);
std::optional<DataType> fromModelType(mlir::Type type);

/// The type of elements of type `type`, where there is one. Integers of
/// `linalg` have no sign: whether they are unsigned says `isUnsigned`.
std::optional<DataType> getDataType(mlir::Type type, bool isUnsigned);

/// Type attribute of an argument or result of a function whose elements have
/// less than a byte in the model: i4, i2 or f4E2M1FN. In `linalg` they have the
/// type that getStoredType() says.
constexpr llvm::StringLiteral narrowAttrName = "onnx.narrow";

/// The type that elements of `type`, an integer or a float, have in memory: of
/// those of less than a byte the one of 8 bits that has all their values, i8
/// with their sign or f8E4M3FN; the type itself of others. A boolean has a byte
/// and stays i1.
mlir::Type getStoredType(mlir::Type type);

/// As getDataType, of an argument or result of a function with these
/// attributes, which may be null.
std::optional<DataType> getInterfaceType(mlir::Type type,
                                         mlir::DictionaryAttr attributes);

} // namespace garam

#endif // GARAM_SUPPORT_DATATYPES_H
