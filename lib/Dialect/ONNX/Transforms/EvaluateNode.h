//===- EvaluateNode.h - Evaluates nodes on small tensors --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATENODE_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATENODE_H

#include "SmallTensor.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "llvm/ADT/StringMap.h"

namespace garam::onnx {

/// What an evaluator sees of a node.
struct NodeInputs {
  /// A handle, whose accessors are not const.
  mutable NodeOp node;
  /// The operands' values; null for those that are unknown or left out.
  llvm::SmallVector<const SmallTensor *> values;
  /// The first result's element type.
  mlir::Type elementType;
  /// A result with more elements is not computed.
  int64_t maxElements;
  /// What sizes of run time are between.
  llvm::ArrayRef<SizeSymbol> symbols = {};
  /// The sizes of the first operand, null where one is not known.
  llvm::SmallVector<mlir::AffineExpr> sizes = {};

  /// Operand `index`, null when it is unknown or left out.
  const SmallTensor *get(size_t index) const {
    return index < values.size() ? values[index] : nullptr;
  }
  /// Whether the node has operand `index`, known or not.
  bool has(size_t index) const;
  /// The integers of operand `index`; none unless all are known.
  std::optional<llvm::SmallVector<int64_t>> getIntegers(size_t index) const;
  int64_t getInt(llvm::StringRef attribute, int64_t defaultValue) const;
  std::optional<llvm::SmallVector<int64_t>>
  getInts(llvm::StringRef attribute) const;
};

using Results = llvm::SmallVector<SmallTensor, 1>;

/// Computes the results of a node, or none when it cannot.
using Evaluator = std::optional<Results> (*)(const NodeInputs &);
using EvaluatorTable = llvm::StringMap<Evaluator>;

/// One family of operators each.
void addElementwiseEvaluators(EvaluatorTable &table);
void addIndexingEvaluators(EvaluatorTable &table);
void addLineEvaluators(EvaluatorTable &table);
void addMovementEvaluators(EvaluatorTable &table);
void addPositionEvaluators(EvaluatorTable &table);
void addProductEvaluators(EvaluatorTable &table);
void addReductionEvaluators(EvaluatorTable &table);
void addShapeEvaluators(EvaluatorTable &table);
void addUniqueEvaluators(EvaluatorTable &table);

/// The evaluators of all families by operator, for operators of the default
/// domain at the internal opset.
EvaluatorTable makeEvaluatorTable();

/// A negative axis counts from the end; none when it is out of range.
std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATENODE_H
