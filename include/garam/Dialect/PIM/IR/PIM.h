//===- PIM.h - The pim dialect ----------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIM_H
#define GARAM_DIALECT_PIM_IR_PIM_H

#include "garam/Target/PIM/Machine/ISA.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/PIM/IR/PIMDialect.h.inc"
#include "garam/Dialect/PIM/IR/PIMEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/PIM/IR/PIMAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/PIM/IR/PIMTypes.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/PIM/IR/PIMOps.h.inc"

namespace garam::pim {

/// The instruction that an operation of a micro-kernel is, or nothing when it
/// is none.
std::optional<Instruction> getInstruction(mlir::Operation *op);

/// The operation that `instruction`, which is legal, is.
void createInstruction(mlir::OpBuilder &builder, mlir::Location loc,
                       const Instruction &instruction);

/// All instructions of a micro-kernel that verifies.
std::vector<Instruction> getProgram(MicroKernelOp kernel);

/// The constant that defines `value`, or null.
mlir::ElementsAttr getConstant(mlir::Value value);

} // namespace garam::pim

#endif // GARAM_DIALECT_PIM_IR_PIM_H
