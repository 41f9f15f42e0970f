//===- Hetero.h - The hetero dialect ----------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_IR_HETERO_H
#define GARAM_DIALECT_HETERO_IR_HETERO_H

#include "garam/Target/DeviceTarget.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/Hetero/IR/HeteroDialect.h.inc"

namespace garam::hetero {
/// Of a module: the system that it is compiled for, a SystemAttr.
constexpr llvm::StringLiteral systemAttrName = "hetero.system";
/// Of a placed module: [id, device, {DEVICE = REASON, ...}] for each node that
/// has operations, the reasons of the devices that do not take it.
constexpr llvm::StringLiteral placementAttrName = "hetero.placement";
/// Of a module that is to be placed again: [device, [id, ...], reason] for each
/// refusal that earlier compiles of it have met. A device that was refused
/// several nodes together, for want of memory, may have some of them.
constexpr llvm::StringLiteral refusedAttrName = "hetero.refused";
/// Of an operation between hetero-place and hetero-partition: the name of the
/// device that it runs on. Operations of other dialects have no place of their
/// own for it, so that a pass between the two may lose it: hetero-partition
/// takes no function with an operation that has none.
constexpr llvm::StringLiteral deviceAttrName = "hetero.device";
/// Of a function that its device has lowered to commands on its own memory, so
/// that it has no arguments and results any more: its type before.
constexpr llvm::StringLiteral loweredAttrName = "hetero.lowered";
/// Of an argument or result whose float tensor the host quantises or
/// dequantises: {scale : f32, zero_point : i64, is_unsigned?}.
constexpr llvm::StringLiteral quantizationAttrName = "hetero.quantization";

/// Whether the host can divide by this scale: it is finite and above 0.
bool isUsableScale(const llvm::APFloat &scale);
} // namespace garam::hetero

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroAttributes.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/Hetero/IR/HeteroOps.h.inc"

#endif // GARAM_DIALECT_HETERO_IR_HETERO_H
