//===- SizePadder.h - Tensors in tensors of the greatest sizes --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_SIZEPADDER_H
#define GARAM_LIB_TRANSFORMS_SIZEPADDER_H

#include "MaskPadding.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

namespace garam {

inline constexpr llvm::StringRef noPaddedForm =
    "it takes or makes a tensor of a size of run time, of which devices with "
    "programs of fixed sizes have no padded form";
inline constexpr llvm::StringRef joinedInside =
    "it takes dimensions that were joined, of which an inner one has a size of "
    "run time, in another way than they were";

inline bool isOfRunTime(mlir::Value value) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  return type && !type.hasStaticShape();
}

/// Any one of which only a part of the positions counts.
inline bool hasInnerPadding(const PaddedLayout &layout) {
  return !layout.isFixed() && layout.getFactors().size() > 1;
}

inline llvm::SmallVector<int64_t> listMost(llvm::ArrayRef<PaddedLayout> dims) {
  return llvm::map_to_vector(
      dims, [](const PaddedLayout &layout) { return layout.getMost(); });
}

/// A tensor of sizes of run time in one of fixed sizes.
struct PaddedTensor {
  mlir::Value buffer;
  llvm::SmallVector<PaddedLayout> dims;
};

class SizePadder {
public:
  explicit SizePadder(mlir::func::FuncOp function)
      : function(function), b(function.getContext()), analysis(function),
        masks(analysis, b) {}

  mlir::LogicalResult run();

private:
  PaddedTensor get(mlir::Value value) const;

  bool usesRefused(mlir::Operation &op) const;
  mlir::LogicalResult visit(mlir::Operation &op);
  mlir::LogicalResult visitInput(ext::TakeFrontOp op);
  mlir::LogicalResult visitOutput(ext::PlaceFrontOp op);
  mlir::LogicalResult visitEmpty(mlir::tensor::EmptyOp op);
  PaddedTensor layOut(mlir::Value init, mlir::AffineMap map,
                      llvm::ArrayRef<std::optional<PaddedLayout>> loops);
  mlir::LogicalResult visitStructured(mlir::linalg::LinalgOp op);
  mlir::LogicalResult visitGather(ext::GatherOp op);
  mlir::LogicalResult visitElementwise(mlir::Operation *op);
  mlir::LogicalResult visitExpansion(mlir::tensor::ExpandShapeOp op);
  mlir::LogicalResult visitCollapse(mlir::tensor::CollapseShapeOp op);
  mlir::LogicalResult visitReshape(mlir::tensor::ReshapeOp op);
  mlir::LogicalResult visitSlice(mlir::tensor::ExtractSliceOp op);
  mlir::LogicalResult visitPad(mlir::tensor::PadOp op);
  mlir::LogicalResult visitConcat(mlir::tensor::ConcatOp op);
  mlir::LogicalResult visitCast(mlir::tensor::CastOp op);
  mlir::LogicalResult visitBody(mlir::Operation &op);
  void visitDim(mlir::tensor::DimOp op);

  mlir::LogicalResult refuse(mlir::Operation *op, llvm::StringRef why);
  void replace(mlir::Value value, mlir::Value buffer,
               llvm::SmallVector<PaddedLayout> dims);
  void dropSizes(ext::PlaceFrontOp op);

  mlir::func::FuncOp function;
  mlir::IRRewriter b;
  SizeAnalysis analysis;
  PaddingMasks masks;
  llvm::DenseMap<mlir::Value, PaddedTensor> padded;
  /// Replaced operations, in order.
  llvm::SetVector<mlir::Operation *> replaced;
};

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_SIZEPADDER_H
