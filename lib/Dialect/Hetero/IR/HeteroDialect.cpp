//===- HeteroDialect.cpp - The hetero dialect -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "garam/Dialect/Hetero/IR/HeteroDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroTypes.cpp.inc"

void ::garam::hetero::HeteroDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "garam/Dialect/Hetero/IR/HeteroTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/Hetero/IR/HeteroOps.cpp.inc"
      >();
}
