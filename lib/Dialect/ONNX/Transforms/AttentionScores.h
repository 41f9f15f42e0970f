//===- AttentionScores.h - What is between two products ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ATTENTIONSCORES_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ATTENTIONSCORES_H

#include "RaisedNode.h"

namespace garam::onnx {

/// What is left of a tensor without its factors.
struct Scaled {
  mlir::Value value;
  double factor = 1;
};

/// Takes off products and quotients with constants of one element that keep the
/// type, and casts to wider floats where the elements are not `element`.
Scaled removeFactors(mlir::Value value, mlir::Type element);

/// What makes the argument of a softmax of a product of queries and keys:
///
///   softcap * tanh(scale * product / softcap), and masks
struct Scores {
  /// The product.
  NodeOp product;
  double scale = 1;
  std::optional<double> softcap = std::nullopt;
  /// Added, or conditions, in the order in which they are applied.
  llvm::SmallVector<mlir::Value, 2> masks;
  /// What scores become where a condition says so.
  std::optional<double> masked = std::nullopt;
  /// Whether the condition is true there, not false.
  bool hidesTrue = false;
  /// All values from the argument down to the product.
  llvm::SmallVector<mlir::Value> values;
  /// Where it nearly is one: what is different.
  std::string missed = "";
};

/// The scores of which `argument` is made; those without a product where there
/// is none.
Scores findScores(mlir::Value argument);

/// The weights of a second product without the cast to narrower floats and the
/// guard that makes what is no number 0.
struct Weights {
  /// All values down to the result of the softmax.
  llvm::SmallVector<mlir::Value> values;
  bool isGuarded = false;
};
Weights findWeights(mlir::Value value);

/// Whether `value` is read by one node, or by a guard: what others read has to
/// be computed anyway.
bool isReadOnce(mlir::Value value);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_ATTENTIONSCORES_H
