//===- StageSlices.h - Stages cut into slices -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A slice of stages that follow one another computes a part of their one result
// and, of the tensors in between, what that part needs: neighbouring slices
// both compute the halo that they both need.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGESLICES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGESLICES_H

#include "Stage.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace garam::npu {

/// The loops of a stage that make `region` of one of its results; those that
/// are reduced are whole.
Box getLoopsOf(const Stage &stage, const StageOperand &output,
               const Box &region);

/// What `loops` read of an input: a part of its tensor with an element at
/// least, outside of which there are only elements that are not there.
Box getNeededRegion(const StageOperand &input, const Box &loops);

/// A part of a tensor, as a tensor of its own.
struct TensorSlice {
  mlir::Value value;
  Box box; // what it holds of the tensor
};
using TensorSlices = llvm::DenseMap<mlir::Value, TensorSlice>;

/// Clones what `loops` make of a stage. It reads those inputs that `slices` has
/// parts of there; its results are added to `slices`.
mlir::Operation *cloneLoops(mlir::OpBuilder &builder, const Stage &stage,
                            const Box &loops, TensorSlices &slices);

/// How a result is cut into slices: into `counts[c]` parts along coordinate c,
/// equal but for the last; the first coordinates change slowest.
struct Slicing {
  llvm::SmallVector<int64_t, 4> counts;

  int64_t getCount() const;
  /// The part of a tensor of `shape` that slice `number` makes.
  Box getSlice(llvm::ArrayRef<int64_t> shape, int64_t number) const;
};

/// Stages that become slices.
struct FusedGroup {
  /// In the order of the function. Of what they make, one result is read by
  /// other operations.
  llvm::SmallVector<mlir::Operation *> stages;
  mlir::OpResult result;
  Slicing slicing;
  /// Whether the constants of a stage stay in local memory for all slices.
  llvm::SmallVector<bool> keepsConstants;
};

/// The value that is read behind `stages`, which stand in one block and whose
/// operands stand in front of the first of them or are their results; null when
/// there are several.
mlir::OpResult getOnlyResult(llvm::ArrayRef<mlir::Operation *> stages);

/// Replaces the stages of a group by its slices, one after the other, and its
/// result by the concatenation of theirs. `number` tells the groups of a
/// function apart.
void sliceGroup(const FusedGroup &group, int64_t number);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGESLICES_H
