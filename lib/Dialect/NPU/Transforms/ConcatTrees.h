//===- ConcatTrees.h - What npu.concat makes of which tensors ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Concatenations put tensors together, and the results of them again. What is
// asked of such a tree is asked for each of its leaves: it is found once, so
// that many leaves take linear time. Uses of tensors must not change meanwhile.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_CONCATTREES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_CONCATTREES_H

#include "Box.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace garam::npu {

/// A tensor as a part of one that npu.concat makes of it and others.
struct ConcatPart {
  mlir::Value whole;
  Box box; // of `whole`
};

/// The largest tensor that npu.concat makes of `tensor` and others, where each
/// on the way has no other use: `tensor` itself where nothing is made of it so.
mlir::Value getConcatWhole(mlir::Value tensor);

class ConcatTrees {
public:
  /// `tensor` as a part of its getConcatWhole.
  ConcatPart getPart(mlir::Value tensor);
  /// The results of stages that `whole` is made of by npu.concat, which each
  /// has as its only use; none where something else is in it.
  llvm::ArrayRef<mlir::OpResult> getLeaves(mlir::Value whole);
  /// Whether a tensor, or what npu.concat makes of it and results of other
  /// stages, is written where it returns.
  bool isReturnedOnly(mlir::OpResult tensor);
  /// The last stage that makes a part of `tensor`, null where nothing but
  /// arguments are in it; nothing where other operations make parts of it.
  std::optional<mlir::Operation *> getLastMaker(mlir::Value tensor);

private:
  /// Where an input with one use begins in its concatenation.
  llvm::DenseMap<mlir::Value, int64_t> starts;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::OpResult, 0>> leaves;
  llvm::DenseMap<mlir::Value, std::optional<mlir::Operation *>> lastMakers;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_CONCATTREES_H
