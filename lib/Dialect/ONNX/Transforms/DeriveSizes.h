//===- DeriveSizes.h - Sizes of run time through nodes ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_DERIVESIZES_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_DERIVESIZES_H

#include "SmallTensor.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"

namespace garam::onnx {

using SizeList = llvm::SmallVector<mlir::AffineExpr>;

/// What is known of a node's operands.
struct NodeSizes {
  NodeOp node;
  llvm::ArrayRef<const SmallTensor *> values; // null where not known
  llvm::ArrayRef<SizeList> sizes; // of dimensions, null where not known
  llvm::ArrayRef<SizeSymbol> symbols;
};

/// The sizes of the first result, of operators whose sizes onnx's inference
/// derives for numbers only; none of others.
std::optional<SizeList> deriveSizes(const NodeSizes &in);

/// The same of operators with a window or a scale in spatial dimensions.
std::optional<SizeList> deriveSpatialSizes(const NodeSizes &in);

/// Dimensions of a node's results that have one size, which the data decides.
struct CountedSize {
  /// The greatest size.
  int64_t most;
  /// By result and dimension.
  llvm::SmallVector<std::pair<unsigned, int64_t>> dims;
  /// What the size follows from: equal ones make equal sizes. Empty where it
  /// follows from values.
  SizeList key;
};

/// Of operators that count: what they count is a size that others follow from.
/// Sizes whose greatest value is not known are left out.
llvm::SmallVector<CountedSize> findCountedSizes(const NodeSizes &in);

/// The sizes of the parts of a Split along a dimension of run time, each at
/// least 0 and all together its size; none of other nodes, or where they are
/// not known.
std::optional<SizeList> deriveParts(const NodeSizes &in);

/// An operand in place of another: integers for it, as expressions of symbols.
struct ResolvedOperand {
  unsigned index;
  SizeList integers;
};

/// Operands that say sizes and positions from which the lowering need not
/// derive any: of a Reshape its sizes, of a Slice begins and ends within the
/// dimensions. None where something is not known, or no size is of run time.
llvm::SmallVector<ResolvedOperand> resolveOperands(const NodeSizes &in,
                                                   const SizeList &result);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_DERIVESIZES_H
