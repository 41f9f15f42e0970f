//===- Abacus.h - The abacus dialect and its passes -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_ABACUS_H
#define ABACUS_ABACUS_H

#include "garam/Target/DeviceTarget.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"

#include "AbacusDialect.h.inc"
#include "AbacusEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "AbacusAttributes.h.inc"

#define GET_OP_CLASSES
#include "AbacusOps.h.inc"

namespace abacus {
/// Makes #abacus.target implement DeviceTargetAttrInterface.
void registerTargetModel(mlir::DialectRegistry &registry);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "AbacusPasses.h.inc"
} // namespace abacus

#endif // ABACUS_ABACUS_H
