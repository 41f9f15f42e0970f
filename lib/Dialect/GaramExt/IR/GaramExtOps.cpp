//===- GaramExtOps.cpp - Operations of the garam_ext dialect --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"

using namespace mlir;

namespace garam::ext {

LogicalResult QuantizeOp::verify() { return success(); }

LogicalResult DequantizeOp::verify() { return success(); }

} // namespace garam::ext

#define GET_OP_CLASSES
#include "garam/Dialect/GaramExt/IR/GaramExtOps.cpp.inc"
