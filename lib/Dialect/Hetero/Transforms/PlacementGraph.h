//===- PlacementGraph.h - A function as placement sees it -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEMENTGRAPH_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEMENTGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

#include <vector>

namespace garam::hetero {

/// Values that `op` uses, those that its regions capture included, each once.
llvm::SmallSetVector<mlir::Value, 4> getUsedValues(mlir::Operation *op);

/// Whether an operation makes scalars alone, which no transfer moves.
bool makesScalars(mlir::Operation *op);

/// The operations of a function of one block, and those of them that are not
/// placed but shared: what is known without the function's arguments (constants
/// and what is computed of them alone, empty tensors, initial values) is copied
/// to each device that uses it, because that costs less than to move it. What
/// the function returns is shared only if it is a constant.
class SharedOps {
public:
  explicit SharedOps(mlir::func::FuncOp function);

  bool contains(mlir::Operation *op) const { return shared.contains(op); }
  /// What makes the scalars that `op` uses, not shared, in an order to compute
  /// them in.
  llvm::SmallSetVector<mlir::Operation *, 4>
  getScalarProducers(mlir::Operation *op) const;
  /// `ops` with all shared operations that they need, in the function's order.
  llvm::SmallVector<mlir::Operation *>
  withNeeded(llvm::ArrayRef<mlir::Operation *> ops) const;

private:
  llvm::DenseMap<mlir::Operation *, unsigned> numbers; // in the function
  llvm::DenseSet<mlir::Operation *> shared;
};

/// What is placed as one: the operations of a node of the model, or of several
/// that are equal or between which scalars pass, which no transfer moves.
struct PlacementUnit {
  llvm::SmallVector<llvm::StringRef, 1> nodes; // ids; empty: of no node
  llvm::SmallVector<mlir::Operation *, 2> ops; // in the function's order
  llvm::SmallVector<unsigned, 2> producers;    // units before it, each once
};

/// The units of a function in the order of their first operations.
struct PlacementGraph {
  explicit PlacementGraph(mlir::func::FuncOp function);

  SharedOps shared;
  std::vector<PlacementUnit> units;
  llvm::DenseMap<mlir::Operation *, unsigned> unitOf; // of placed operations
};

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEMENTGRAPH_H
