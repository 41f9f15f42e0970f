//===- NPU.h - The npu dialect ----------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPU_H
#define GARAM_DIALECT_NPU_IR_NPU_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/NPU/IR/NPUDialect.h.inc"
#include "garam/Dialect/NPU/IR/NPUEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/NPU/IR/NPUAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/NPU/IR/NPUTypes.h.inc"

namespace garam::npu {
/// Entries of `npu.bound`.
inline constexpr llvm::StringLiteral boundMACsKey = "macs";
inline constexpr llvm::StringLiteral boundSecondsKey = "compute_s";
inline constexpr llvm::StringLiteral boundWeightBytesKey = "weight_bytes";
/// Entries of `npu.fusion`.
inline constexpr llvm::StringLiteral fusionSecondsKey = "seconds";
inline constexpr llvm::StringLiteral fusionBoundKey = "bound_s";
inline constexpr llvm::StringLiteral fusionWholeKey = "whole_s";
/// Entries of the elements of `npu.choices`.
inline constexpr llvm::StringLiteral choiceNodesKey = "nodes";
inline constexpr llvm::StringLiteral choiceChosenKey = "chosen";
inline constexpr llvm::StringLiteral choiceNextKey = "next";
inline constexpr llvm::StringLiteral choiceSecondsKey = "seconds";
inline constexpr llvm::StringLiteral choiceExactKey = "exact";

/// The element type in memory of a tensor with elements `type`, or nothing when
/// the NPU has no such type. `isUnsigned`: how a signless integer is read.
std::optional<ElementKind> findElementKind(mlir::Type type, bool isUnsigned);

/// The accumulators of the tensor engines.
struct AccumulatorResource
    : mlir::SideEffects::Resource::Base<AccumulatorResource> {
  llvm::StringRef getName() final { return "accumulators"; }
};
} // namespace garam::npu

#define GET_OP_CLASSES
#include "garam/Dialect/NPU/IR/NPUOps.h.inc"

#endif // GARAM_DIALECT_NPU_IR_NPU_H
