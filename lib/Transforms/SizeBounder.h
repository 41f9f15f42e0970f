//===- SizeBounder.h - Buffers for sizes that show at run time --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_SIZEBOUNDER_H
#define GARAM_LIB_TRANSFORMS_SIZEBOUNDER_H

#include "CountedExprs.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SetVector.h"

namespace garam {

using SizeExprs = llvm::SmallVector<mlir::AffineExpr>;

/// A tensor in one of fixed sizes.
struct Bounded {
  mlir::Value buffer;
  /// By dimension: how many elements count, from the first on.
  SizeExprs sizes;

  mlir::RankedTensorType getType() const {
    return llvm::cast<mlir::RankedTensorType>(buffer.getType());
  }
  /// Whether the data decides the size of a dimension.
  bool isCounted(int64_t dim) const {
    return sizes[dim] && !llvm::isa<mlir::AffineConstantExpr>(sizes[dim]);
  }
};

/// Rewrites a function in one walk: each operation with a tensor whose size a
/// counter says becomes one on the buffer. Dimensions of one size have one
/// length in all buffers, the greatest that the size can be.
class SizeBounder {
public:
  explicit SizeBounder(mlir::func::FuncOp function)
      : function(function), b(function.getContext()),
        counts(function.getContext()) {}

  llvm::LogicalResult run();

private:
  // BoundSizes.cpp
  const Bounded *find(mlir::Value value);
  Bounded get(mlir::Value value);
  bool usesBounded(mlir::Operation &op);
  llvm::LogicalResult visitBlock(mlir::Block &block);
  llvm::LogicalResult visit(mlir::Operation &op);
  llvm::LogicalResult visitStructured(mlir::linalg::LinalgOp op);
  llvm::LogicalResult visitGather(ext::GatherOp op);
  llvm::LogicalResult visitLoop(mlir::scf::ForOp op);
  llvm::LogicalResult visitQuantization(mlir::Operation *op, mlir::Value scale,
                                        int64_t axis);
  llvm::LogicalResult visitInsert(mlir::tensor::InsertOp op);
  llvm::LogicalResult visitInsertSlice(mlir::tensor::InsertSliceOp op);
  llvm::LogicalResult
  visitStore(mlir::bufferization::MaterializeInDestinationOp op);
  llvm::LogicalResult visitElements(mlir::Operation &op);
  llvm::LogicalResult visitReturn(mlir::Operation *op);
  llvm::LogicalResult
  refuse(mlir::Operation *op,
         llvm::StringRef why = "it takes a tensor whose size shows only at run "
                               "time");
  void replace(mlir::Value value, mlir::Value buffer,
               llvm::ArrayRef<mlir::AffineExpr> sizes);
  void keepInPlace(mlir::Value value, const Bounded &known);

  // BoundShapes.cpp
  llvm::LogicalResult visitEmpty(mlir::tensor::EmptyOp op);
  llvm::LogicalResult visitSlice(mlir::tensor::ExtractSliceOp op);
  llvm::LogicalResult visitExpansion(mlir::tensor::ExpandShapeOp op);
  llvm::LogicalResult visitCollapse(mlir::tensor::CollapseShapeOp op);
  llvm::LogicalResult visitReshape(mlir::tensor::ReshapeOp op);
  llvm::LogicalResult visitCast(mlir::tensor::CastOp op);
  llvm::LogicalResult visitConcat(mlir::tensor::ConcatOp op);
  llvm::LogicalResult visitPad(mlir::tensor::PadOp op);
  llvm::LogicalResult reshape(mlir::Operation *op, mlir::Value source,
                              llvm::ArrayRef<mlir::AffineExpr> sizes);
  mlir::AffineExpr multiply(llvm::ArrayRef<mlir::AffineExpr> sizes) const;
  mlir::RankedTensorType getBufferType(mlir::Type elementType,
                                       llvm::ArrayRef<mlir::AffineExpr> sizes);
  mlir::Value
  makeRead(mlir::Location loc, mlir::Value source, mlir::RankedTensorType type,
           llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &,
                                                             mlir::ValueRange)>
               getPosition);

  mlir::func::FuncOp function;
  mlir::IRRewriter b;
  CountedExprs counts;
  llvm::DenseMap<mlir::Value, Bounded> bounded;
  /// Replaced operations, in order.
  llvm::SetVector<mlir::Operation *> replaced;
};

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_SIZEBOUNDER_H
