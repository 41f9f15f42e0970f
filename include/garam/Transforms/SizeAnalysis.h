//===- SizeAnalysis.h - Sizes of tensors by symbols -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_SIZEANALYSIS_H
#define GARAM_TRANSFORMS_SIZEANALYSIS_H

#include "garam/Support/SizeEqualities.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {

/// The sizes of the tensors of a function, whose symbols the argument with
/// attribute `garam.symbols` holds, as normalised expressions of these. One
/// walk over the function's block. Sizes that are equal only in some runs are
/// taken for equal where that argument's `garam.conditions` say so.
class SizeAnalysis {
public:
  /// What becomes of sizes that have to be equal and need not be, but may.
  enum class Unequal {
    Refuse,
    Collect, // as conditions
  };

  explicit SizeAnalysis(mlir::func::FuncOp function,
                        Unequal unequal = Unequal::Refuse);

  /// Whether the function has symbols.
  bool hasSymbols() const { return bool(values); }
  llvm::ArrayRef<SizeSymbol> getSymbols() const { return symbols; }
  /// What the symbols are in a run, an i64 vector; null without symbols.
  mlir::Value getValues() const { return values; }

  /// Derives all sizes. Fails with a refusal of each operation with a tensor
  /// whose size does not follow, or whose tensors need not fit each other.
  llvm::LogicalResult run();

  /// Those that the function has, and what was collected.
  llvm::ArrayRef<SizeCondition> getConditions() const { return conditions; }

  /// Of a tensor of the function's block, one for each dimension.
  llvm::SmallVector<mlir::AffineExpr> getSizes(mlir::Value tensor) const;
  /// Its type with the greatest sizes; null when those are no sizes.
  mlir::RankedTensorType getLargestType(mlir::Value tensor) const;
  /// Of an index; null when it is no expression of the symbols.
  mlir::AffineExpr getExpr(mlir::Value index);
  /// Of the loops of a structured operation.
  llvm::SmallVector<int64_t> getMostIterations(mlir::linalg::LinalgOp op) const;

  /// `size` as an index, computed from the symbols where `builder` is.
  mlir::Value makeIndex(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::AffineExpr size);

private:
  using Sizes = llvm::SmallVector<mlir::AffineExpr>;

  mlir::AffineExpr getConstant(int64_t value) const;
  mlir::AffineExpr computeExpr(mlir::Value index);
  mlir::AffineExpr computeExpr(mlir::Operation *op);
  mlir::AffineExpr getExpr(mlir::OpFoldResult size);
  Sizes computeMap(mlir::AffineMap map, mlir::ValueRange operands);
  mlir::AffineExpr findLeast(llvm::ArrayRef<mlir::AffineExpr> sizes);
  mlir::AffineExpr getProduct(llvm::ArrayRef<mlir::AffineExpr> sizes) const;
  llvm::LogicalResult visit(mlir::Operation &op);
  llvm::LogicalResult visitBody(mlir::scf::ForOp loop);
  llvm::LogicalResult compare(mlir::Operation &op,
                              llvm::ArrayRef<mlir::AffineExpr> first,
                              llvm::ArrayRef<mlir::AffineExpr> second);
  bool assumeEqual(mlir::Operation &op, mlir::AffineExpr left,
                   mlir::AffineExpr right);
  std::optional<Sizes> derive(mlir::Operation &op, mlir::OpResult result);
  std::optional<Sizes> deriveReshape(mlir::tensor::ReshapeOp op);
  Sizes deriveCollapse(mlir::tensor::CollapseShapeOp op);
  llvm::LogicalResult check(mlir::Operation &op);
  llvm::LogicalResult checkConcat(mlir::tensor::ConcatOp op);
  llvm::LogicalResult checkSteps(mlir::scf::ForOp loop,
                                 mlir::tensor::ExtractSliceOp slice);
  llvm::LogicalResult checkLoops(mlir::linalg::LinalgOp op);
  llvm::LogicalResult checkWindow(mlir::Operation &op,
                                  mlir::AffineExpr position,
                                  mlir::AffineExpr size,
                                  llvm::ArrayRef<mlir::AffineExpr> loops);
  llvm::LogicalResult
  refuse(mlir::Operation &op, const llvm::Twine &reason,
         llvm::StringRef hint = "bind the dimension with --dim NAME=SIZE");
  std::optional<Sizes> complete(mlir::RankedTensorType type,
                                mlir::ValueRange dynamicSizes);

  mlir::MLIRContext *context;
  mlir::func::FuncOp function;
  Unequal unequal;
  std::vector<SizeSymbol> symbols;
  std::vector<SizeCondition> conditions;
  SizeEqualities equalities;                // of the conditions
  mlir::Value values;                       // of the symbols, or null
  llvm::DenseMap<mlir::Value, Sizes> sizes; // of tensors with dynamic ones
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> exprs; // of indices
};

} // namespace garam

#endif // GARAM_TRANSFORMS_SIZEANALYSIS_H
