//===- NPUOps.td - All operations of the npu dialect -------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPUOPS_TD
#define GARAM_DIALECT_NPU_IR_NPUOPS_TD

include "garam/Dialect/NPU/IR/NPUCommandOps.td"
include "garam/Dialect/NPU/IR/NPUStageOps.td"
include "garam/Dialect/NPU/IR/NPUTarget.td"

#endif // GARAM_DIALECT_NPU_IR_NPUOPS_TD
