//===- RaisedNode.h - One node for several ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the matchers of onnx-raise share: each looks at a node that may be the
// last of several that together are one operator.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_RAISEDNODE_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_RAISEDNODE_H

#include "garam/Dialect/ONNX/IR/ONNX.h"

#include <optional>
#include <string>

namespace garam::onnx {

/// What a matcher found.
struct RaisedNode {
  /// The operator: empty where the nodes are none.
  llvm::StringRef opType;
  /// The node whose result it has.
  NodeOp last;
  llvm::SmallVector<mlir::Value, 4> inputs;
  llvm::SmallVector<mlir::NamedAttribute, 4> attributes;
  /// The shape of a scale of ones, to be the second input.
  std::optional<llvm::SmallVector<int64_t>> ones = std::nullopt;
  /// Where they nearly are an operator: which, and what is different.
  std::string missed = "";
};

/// Gelu with the error function or the hyperbolic tangent, and Swish: products
/// that end in `last`.
RaisedNode matchActivation(NodeOp last);
/// Attention whose product with the values is `last`.
RaisedNode matchAttention(NodeOp last);
/// LayerNormalization and RMSNormalization around the square root `root`.
RaisedNode matchNormalization(NodeOp root);

/// RotaryEmbedding whose sum of what the cosines and what the sines multiply is
/// `last`.
RaisedNode matchRotation(NodeOp last);
/// RotaryEmbedding that `last` puts together of its rotated parts.
RaisedNode matchRotatedParts(NodeOp last);

/// The node of ONNX's default domain and operator `opType` that makes `value`,
/// or null.
NodeOp getNode(mlir::Value value, llvm::StringRef opType);
bool isNode(NodeOp node, llvm::StringRef opType);
/// The value of a constant of one element.
std::optional<double> getScalar(mlir::Value value);
/// Whether two numbers are the same as far as half precision tells them apart.
bool isNear(double a, double b);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_RAISEDNODE_H
