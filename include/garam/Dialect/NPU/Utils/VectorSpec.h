//===- VectorSpec.h - The parts of an npu.vector ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_UTILS_VECTORSPEC_H
#define GARAM_DIALECT_NPU_UTILS_VECTORSPEC_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/IR/Builders.h"

namespace garam::npu {

/// An input of npu.vector.
struct VectorInput {
  mlir::Value tensor;
  mlir::AffineMap map;
  /// For each coordinate whether it may lie outside; then `fill` is read.
  llvm::SmallVector<bool> padding;
  double fill = 0.0;
  bool isUnsigned = false;
  /// Of 64-bit integers the upper 32 bits are read, else the lower ones.
  bool isUpper = false;

  bool hasPadding() const { return llvm::is_contained(padding, true); }
  bool operator==(const VectorInput &other) const {
    return tensor == other.tensor && map == other.map &&
           padding == other.padding && isUnsigned == other.isUnsigned &&
           isUpper == other.isUpper && (fill == other.fill || !hasPadding());
  }
};

/// An output of npu.vector.
struct VectorResult {
  mlir::RankedTensorType type;
  mlir::AffineMap map;
  bool isUnsigned = false;
};

/// Everything of an npu.vector but its regions. Transformations read one,
/// change it and create the new op from it.
struct VectorSpec {
  llvm::SmallVector<int64_t> sizes;
  int64_t numReductions = 0;
  llvm::SmallVector<VectorInput> inputs;
  llvm::SmallVector<VectorResult> outputs;
  llvm::SmallVector<CombinerAttr> combiners;

  static VectorSpec get(VectorOp op);

  unsigned getNumParallel() const { return sizes.size() - numReductions; }
  /// Index of `input` among the inputs, which it joins if it is not there.
  unsigned addInput(const VectorInput &input);
  /// True when input `i` has the same coordinates in every iteration of the
  /// reduction, so that `finish` can read it.
  bool isInvariant(unsigned i) const;
};

/// Creates the op with the blocks of its regions, which have their arguments
/// and no operations: `finish` has one only if there are reductions.
VectorOp createVector(mlir::OpBuilder &builder, mlir::Location loc,
                      const VectorSpec &spec);

/// f32 for floats and i32 for integers and booleans: how a register holds an
/// element of `type`.
mlir::Type getRegisterType(mlir::Type type);

/// The argument of `finish` that holds input `input`, which is invariant.
mlir::BlockArgument getFinishArgument(VectorOp op, unsigned input);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_UTILS_VECTORSPEC_H
