//===- GaramExt.h - The garam_ext dialect -----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_IR_GARAMEXT_H
#define GARAM_DIALECT_GARAMEXT_IR_GARAMEXT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/GaramExt/IR/GaramExtDialect.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/GaramExt/IR/GaramExtOps.h.inc"

#endif // GARAM_DIALECT_GARAMEXT_IR_GARAMEXT_H
