//===- Contraction.h - Products that sum, and what follows them -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_CONTRACTION_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_CONTRACTION_H

#include "NodeAccessor.h"

namespace garam::onnx {

/// Which operands of a contraction of integers are widened without a sign.
struct UnsignedOperands {
  bool lhs = false, rhs = false;
};

/// A linalg.generic that adds lhs * rhs to `init`. Dimensions that the map of
/// the output (the last) lacks are summed over. Operands narrower than the
/// output's element type are widened first.
mlir::Value makeContraction(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs,
                            mlir::Value rhs, mlir::Value init,
                            mlir::ArrayRef<mlir::AffineMap> maps,
                            UnsignedOperands isUnsigned = {});

/// Adds `bias`, a vector along `biasAxis` that may be null, to the sums,
/// converts them to `elementType` and sets them as the node's output.
mlir::LogicalResult finishContraction(NodeAccessor &node, mlir::Value sums,
                                      mlir::Value bias, int64_t biasAxis,
                                      mlir::Type elementType);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_CONTRACTION_H
