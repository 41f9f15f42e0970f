//===- NPUOps.cpp - Operations of the npu dialect -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

using namespace mlir;

namespace garam::npu {

LogicalResult ContractOp::verify() { return success(); }
LogicalResult VectorOp::verify() { return success(); }
LogicalResult ConcatOp::verify() { return success(); }
LogicalResult ReshapeOp::verify() { return success(); }
LogicalResult GatherOp::verify() { return success(); }
LogicalResult ConstantOp::verify() { return success(); }

} // namespace garam::npu

#define GET_OP_CLASSES
#include "garam/Dialect/NPU/IR/NPUOps.cpp.inc"
