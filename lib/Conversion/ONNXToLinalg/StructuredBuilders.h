//===- StructuredBuilders.h - Builds structured operations ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The few shapes of linalg that all operator families are built from.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_STRUCTUREDBUILDERS_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_STRUCTUREDBUILDERS_H

#include "NodeAccessor.h"

namespace garam::onnx {

using Sizes = mlir::SmallVector<mlir::OpFoldResult>;

/// Computes one element from scalars.
using ScalarBody = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                                  mlir::ValueRange)>;

/// Sizes as OpFoldResult; the shape must be static.
Sizes getStaticSizes(mlir::ImplicitLocOpBuilder &b,
                     mlir::ArrayRef<int64_t> shape);
/// The sizes of a tensor, tensor.dim where they are dynamic.
Sizes getSizes(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor);
/// `sizes` without the sorted dimensions `dims`.
Sizes dropSizes(mlir::ArrayRef<mlir::OpFoldResult> sizes,
                mlir::ArrayRef<int64_t> dims);

/// Whether `value` is float; else it is an integer or a boolean.
bool isFloat(mlir::Type elementType);
/// The type that sums of `elementType` are carried in: f32 for narrower
/// floats, else the type itself.
mlir::Type getAccumulatorType(mlir::Type elementType);

/// A tensor of `sizes` filled with a constant.
mlir::Value makeFilled(mlir::ImplicitLocOpBuilder &b,
                       mlir::ArrayRef<mlir::OpFoldResult> sizes,
                       mlir::TypedAttr value);

/// A parallel linalg.generic over `sizes` that reads operand i through
/// `maps[i]`. Operands whose elements are all one constant become scalars of
/// the body. `body` gets one scalar an operand and yields an `elementType`.
mlir::Value makePointwise(mlir::ImplicitLocOpBuilder &b,
                          mlir::ArrayRef<mlir::OpFoldResult> sizes,
                          mlir::Type elementType, mlir::ValueRange operands,
                          mlir::ArrayRef<mlir::AffineMap> maps,
                          ScalarBody body);

/// makePointwise on operands that have the same shape.
mlir::Value makeMapped(mlir::ImplicitLocOpBuilder &b, mlir::Type elementType,
                       mlir::ValueRange operands, ScalarBody body);

/// makePointwise with ONNX's multidirectional broadcasting of shapes. A
/// dynamic size is taken to be equal to the others, not to be 1 and broadcast,
/// which the passes that size buffers verify.
/// Reports shapes that do not broadcast.
mlir::FailureOr<mlir::Value> makeBroadcast(NodeAccessor &node,
                                           mlir::ValueRange operands,
                                           mlir::Type elementType,
                                           ScalarBody body);

/// Maps the dimensions of a result of rank `resultRank` to an operand that was
/// reduced along the sorted `axes`.
mlir::AffineMap getReducedMap(mlir::MLIRContext *context, int64_t resultRank,
                              mlir::ArrayRef<int64_t> axes);
/// Maps the dimensions of a result of rank `resultRank` to a vector along
/// `axis`.
mlir::AffineMap getAxisMap(mlir::MLIRContext *context, int64_t resultRank,
                           int64_t axis);

/// Combines the elements along the sorted `axes`, which the result lacks,
/// starting at `initial`. `body` gets the element and the accumulator.
mlir::Value makeReduction(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                          mlir::ArrayRef<int64_t> axes, mlir::TypedAttr initial,
                          ScalarBody body);
/// The sum along `axes` in getAccumulatorType.
mlir::Value makeSum(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                    mlir::ArrayRef<int64_t> axes);
/// The number of elements along `axes`, an attribute where it is known.
mlir::OpFoldResult getElementCount(mlir::ImplicitLocOpBuilder &b,
                                   mlir::Value input,
                                   mlir::ArrayRef<int64_t> axes);
/// A number or an index as a float of `type`, for use in a body.
mlir::Value makeCount(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult count,
                      mlir::Type type);

/// Converts the elements between float types.
mlir::Value castFloat(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor,
                      mlir::Type elementType);

/// Surrounds a tensor with a constant.
mlir::Value makePadded(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                       mlir::ArrayRef<int64_t> low,
                       mlir::ArrayRef<int64_t> high, mlir::TypedAttr value);

/// `shape` may have dynamic sizes as far as they can be traced to `input`;
/// null when they cannot. A constant is given the shape in place.
mlir::Value makeReshape(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                        mlir::ArrayRef<int64_t> shape);
/// Inserts dimensions of size 1 at the sorted `axes` of the result.
mlir::Value makeUnsqueeze(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                          mlir::ArrayRef<int64_t> axes);
/// Removes the sorted dimensions `axes`, which have size 1.
mlir::Value makeSqueeze(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                        mlir::ArrayRef<int64_t> axes);

/// result dimension i is input dimension permutation[i].
mlir::Value makeTranspose(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                          mlir::ArrayRef<int64_t> permutation);

/// The part of `input` from `offset` on along `axis`, every `stride`-th of it.
mlir::Value makeSlice(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                      int64_t axis, int64_t offset, int64_t size,
                      int64_t stride = 1);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_STRUCTUREDBUILDERS_H
