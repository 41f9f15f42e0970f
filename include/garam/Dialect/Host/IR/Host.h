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

namespace garam::host {

/// On a structured operation with loops of sizes of run time: the iterations of
/// each loop at most, an array of i64.
constexpr llvm::StringLiteral mostIterationsAttrName = "host.most_iterations";

} // namespace garam::host

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Host/IR/HostAttributes.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/Host/IR/HostOps.h.inc"

#endif // GARAM_DIALECT_HOST_IR_HOST_H
