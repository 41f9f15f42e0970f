//===- ONNX.h - The onnx dialect --------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_ONNX_H
#define GARAM_DIALECT_ONNX_IR_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/ONNX/IR/ONNXDialect.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/ONNX/IR/ONNXOps.h.inc"

namespace garam::onnx {

/// On a Slice or Split whose operands say sizes of run time: what they take is
/// within the dimensions, counted from the front.
constexpr llvm::StringLiteral withinAttrName = "onnx.within";

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_IR_ONNX_H
