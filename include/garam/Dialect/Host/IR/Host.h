//===- Host.h - The host dialect --------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HOST_IR_HOST_H
#define GARAM_DIALECT_HOST_IR_HOST_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/Host/IR/HostDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Host/IR/HostAttributes.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/Host/IR/HostOps.h.inc"

#endif // GARAM_DIALECT_HOST_IR_HOST_H
