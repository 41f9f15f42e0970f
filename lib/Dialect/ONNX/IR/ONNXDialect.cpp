//===- ONNXDialect.cpp - The onnx dialect ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ONNX.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/ONNX/IR/ONNXDialect.cpp.inc"

void ::garam::onnx::ONNXDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
}
