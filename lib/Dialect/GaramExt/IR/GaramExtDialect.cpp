//===- GaramExtDialect.cpp - The garam_ext dialect ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"

#include "GaramExtTiling.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/GaramExt/IR/GaramExtDialect.cpp.inc"

void ::garam::ext::GaramExtDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/GaramExt/IR/GaramExtOps.cpp.inc"
      >();
  attachTilingInterfaces(*getContext());
}
