//===- GenericBuilder.h - Short ways to linalg.generic ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_GENERICBUILDER_H
#define GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_GENERICBUILDER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::ext {

/// Makes the scalar that a body yields of those of the operands and, behind
/// them, of the result.
using ScalarBody = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                                  mlir::ValueRange)>;

/// A linalg.generic with one result, which begins as `init`. `maps` are those
/// of `operands` and, last, of the result, a projected permutation: it reduces
/// over the loops that this one lacks.
mlir::Value makeGeneric(mlir::ImplicitLocOpBuilder &b,
                        mlir::ValueRange operands, mlir::Value init,
                        llvm::ArrayRef<mlir::AffineMap> maps, ScalarBody body);

/// An elementwise one, whose loops are the dimensions of the result; `maps` are
/// those of `operands`.
mlir::Value makePointwise(mlir::ImplicitLocOpBuilder &b,
                          llvm::ArrayRef<mlir::OpFoldResult> sizes,
                          mlir::Type elementType, mlir::ValueRange operands,
                          llvm::ArrayRef<mlir::AffineMap> maps,
                          ScalarBody body);

/// A tensor of which each element is `value`.
mlir::Value makeFilled(mlir::ImplicitLocOpBuilder &b,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes,
                       mlir::TypedAttr value);

} // namespace garam::ext

#endif // GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_GENERICBUILDER_H
