//===- Analog.h - The analog dialect ----------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ANALOG_IR_ANALOG_H
#define GARAM_DIALECT_ANALOG_IR_ANALOG_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "garam/Dialect/Analog/IR/AnalogDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "garam/Dialect/Analog/IR/AnalogAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "garam/Dialect/Analog/IR/AnalogTypes.h.inc"

#define GET_OP_CLASSES
#include "garam/Dialect/Analog/IR/AnalogOps.h.inc"

namespace garam::analog {

/// Indices of vectors, of rows and of columns of a product at most, and their
/// dimensions and those of tensors: limits of programs (docs/isa/analog.md).
constexpr int64_t maxIndices = int64_t(1) << 24;
constexpr unsigned maxIndexDims = 8;

/// The product of sizes, 1 for none; the largest number where it is larger.
int64_t getVolume(llvm::ArrayRef<int64_t> sizes);

/// A map whose results are sums of dimensions times constants, as rows of
/// coefficients and constants; nothing when one is not.
struct LinearMap {
  llvm::SmallVector<llvm::SmallVector<int64_t>> coefficients; // [result][dim]
  llvm::SmallVector<int64_t> constants;                       // [result]
};
std::optional<LinearMap> getLinearMap(mlir::AffineMap map);

} // namespace garam::analog

#endif // GARAM_DIALECT_ANALOG_IR_ANALOG_H
