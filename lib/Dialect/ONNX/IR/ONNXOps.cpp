//===- ONNXOps.cpp - Operations of the onnx dialect -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ONNX.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "garam/Dialect/ONNX/IR/ONNXOps.cpp.inc"
