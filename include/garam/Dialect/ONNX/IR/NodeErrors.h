//===- NodeErrors.h - Errors about operations of ONNX -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_NODEERRORS_H
#define GARAM_DIALECT_ONNX_IR_NODEERRORS_H

#include "garam/Dialect/ONNX/IR/ONNX.h"

namespace garam::onnx {

/// An error at `node` that begins with it, as the model has it:
/// "node 'a' (Conv, opset 17): ".
mlir::InFlightDiagnostic emitNodeError(NodeOp node);

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_IR_NODEERRORS_H
