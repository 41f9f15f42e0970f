//===- LinalgToNPU.h - Parts of the conversion ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_LINALGTONPU_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_LINALGTONPU_H

#include "Access.h"

#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

#include <string>

namespace garam::npu {

/// Why an operation is not converted, and what the user can do about it.
struct Obstacle {
  std::string reason, hint; // as in garam::Refusal
};

/// What the tensor engine of a machine can do and not that of every machine.
struct TensorEngineFeatures {
  bool addsResidual = true; // in its epilogue
  /// Floats of 8 bits that it multiplies.
  llvm::SmallVector<mlir::Type, 2> narrowFloats;
};

/// Replaces a matrix product or convolution, together with the single-use chain
/// of elementwise operations behind it that its epilogue can carry out. Without
/// columns to share the weights among, as in a depthwise convolution, the
/// result is an npu.vector. Fails, unchanged, when `op` is no sum of products.
mlir::LogicalResult convertSumOfProducts(mlir::RewriterBase &rewriter,
                                         mlir::linalg::LinalgOp op,
                                         const TensorEngineFeatures &features);

/// Replaces any other structured operation by an npu.vector. Each conversion
/// below leaves the operation alone when it fails and says why in `obstacle`.
mlir::LogicalResult convertToVector(mlir::RewriterBase &rewriter,
                                    mlir::linalg::LinalgOp op,
                                    Obstacle &obstacle);

/// Replaces a quantisation or dequantisation that nothing has absorbed.
mlir::LogicalResult convertQuantization(mlir::RewriterBase &rewriter,
                                        mlir::Operation *op,
                                        Obstacle &obstacle);

/// Replaces operations of the tensor dialect and constants.
mlir::LogicalResult convertMovement(mlir::RewriterBase &rewriter,
                                    mlir::Operation *op, Obstacle &obstacle);

/// Whether elements of `type` have more bits than a register of the vector
/// engine.
bool isWiderThanRegisters(mlir::Type type);

/// Whether `op` moves elements that are wider than registers and does nothing
/// else.
bool isWideMovement(mlir::Operation *op);

/// Replaces such an operation by npu.view, npu.concat and npu.constant.
mlir::LogicalResult convertWideMovement(mlir::RewriterBase &rewriter,
                                        mlir::Operation *op,
                                        Obstacle &obstacle);

/// The register value of element `argument`, a body argument of `op` that loads
/// through `access`: dequantised where the access says so.
mlir::Value emitLoad(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value argument, const Access &access,
                     mlir::Type elementType);

/// The input that `access`, in the loop dimensions of the stage, describes.
VectorInput getInput(const Access &access, unsigned numDims, bool isUnsigned);

/// `loc`, which comes last as what makes the result, and the locations that
/// were absorbed.
mlir::Location fuse(mlir::Location loc, llvm::ArrayRef<mlir::Location> others);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_LINALGTONPU_H
