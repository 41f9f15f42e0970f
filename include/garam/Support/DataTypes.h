//===- DataTypes.h - Element types of IR as a binary has them ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_DATATYPES_H
#define GARAM_SUPPORT_DATATYPES_H

#include "garam/Support/Tensor.h"
#include "mlir/IR/Types.h"

namespace garam {

/// Unit attribute of an argument or result of a function: its integers are
/// unsigned in the model; those of linalg have no sign.
constexpr llvm::StringLiteral unsignedAttrName = "onnx.unsigned";

/// The type of elements of type `type`, where there is one. Integers of
/// `linalg` have no sign: whether they are unsigned says `isUnsigned`.
std::optional<DataType> getDataType(mlir::Type type, bool isUnsigned);

} // namespace garam

#endif // GARAM_SUPPORT_DATATYPES_H
