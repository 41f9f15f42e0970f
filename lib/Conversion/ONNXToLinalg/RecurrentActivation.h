//===- RecurrentActivation.h - Activations of recurrent cells ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_RECURRENTACTIVATION_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_RECURRENTACTIVATION_H

#include "NodeAccessor.h"
#include "ScalarMath.h"

namespace garam::onnx {

/// A function that RNN, GRU and LSTM name, with its parameters.
struct RecurrentActivation {
  std::string name;
  double alpha = 0, beta = 0;

  mlir::Value apply(ScalarMath &m, mlir::Value x) const;
};

/// Those of attributes `activations`, `activation_alpha` and `activation_beta`,
/// or `defaults` for each direction. Reports others.
mlir::FailureOr<mlir::SmallVector<RecurrentActivation>>
getRecurrentActivations(NodeAccessor &node, unsigned numDirections,
                        mlir::ArrayRef<mlir::StringRef> defaults);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_RECURRENTACTIVATION_H
