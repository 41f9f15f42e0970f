//===- ElementTypes.h - ONNX's element types in MLIR ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_ELEMENTTYPES_H
#define GARAM_DIALECT_ONNX_IR_ELEMENTTYPES_H

#include "mlir/IR/Types.h"

namespace garam::onnx {

/// The type of a number of TensorProto.DataType (onnx-ml.proto); null for
/// strings and unknown numbers.
mlir::Type getElementType(mlir::MLIRContext *context, int dataType);

/// The number of TensorProto.DataType of an element type; 0 (UNDEFINED) for
/// types that ONNX does not have.
int getDataType(mlir::Type elementType);

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_IR_ELEMENTTYPES_H
