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

/// The operations of a function of one block, and those of them that are not
/// placed but shared: what is known without the function's arguments (constants
/// and what is computed of them alone, empty tensors, initial values) is copied
/// to each device that uses it, because that costs less than to move it. What
/// the function returns is not shared.
class SharedOps {
public:
  explicit SharedOps(mlir::func::FuncOp function);

  bool contains(mlir::Operation *op) const { return shared.contains(op); }
  /// `ops` with all shared operations that they need, in the function's order.
  llvm::SmallVector<mlir::Operation *>
  withNeeded(llvm::ArrayRef<mlir::Operation *> ops) const;

private:
  llvm::DenseMap<mlir::Operation *, unsigned> numbers; // in the function
  llvm::DenseSet<mlir::Operation *> shared;
};

/// What is placed as one: the operations of a node of the model, or of several
/// between which scalars pass, which no transfer moves.
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

/// A region: operations on one device that run as one program.
struct PlacedRegion {
  llvm::StringRef device;
  unsigned depth = 0; // changes of device on the longest way to it
  llvm::SmallVector<mlir::Operation *> ops; // in the function's order
};

/// Divides the placed operations of `function` into regions. An operation is as
/// deep as the deepest of its producers, one deeper than one on another device;
/// those of one device and depth are a region. So no region needs a result of
/// one that needs its own. Ordered by depth, then by first operation. Linear in
/// the number of operations.
std::vector<PlacedRegion>
findRegions(mlir::func::FuncOp function, const SharedOps &shared,
            llvm::function_ref<llvm::StringRef(mlir::Operation *)> getDevice);

/// What a region takes and yields, each once: arguments of the function first,
/// then other values by their first use; results in order of their definition.
struct RegionInterface {
  llvm::SmallSetVector<mlir::Value, 4> inputs;
  llvm::SmallVector<mlir::Value> outputs;
};
RegionInterface findInterface(llvm::ArrayRef<mlir::Operation *> ops,
                              const SharedOps &shared);

/// Attributes of the argument that a value of a function is for a region of it:
/// those that it has as the function's argument, or what was observed of it.
mlir::DictionaryAttr getInputAttrs(mlir::Value input);

/// Makes a function of copies of `ops`, which are complete with the shared ones
/// they need, at the insertion point of `builder`.
mlir::func::FuncOp copyRegion(mlir::OpBuilder &builder, mlir::Location loc,
                              llvm::StringRef name,
                              llvm::ArrayRef<mlir::Operation *> ops,
                              mlir::ValueRange inputs,
                              mlir::ValueRange outputs);

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEMENTGRAPH_H
