//===- NPUOps.cpp - Operations of the npu dialect -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"

#define GET_OP_CLASSES
#include "garam/Dialect/NPU/IR/NPUOps.cpp.inc"
