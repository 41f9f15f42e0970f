//===- PlacedRegions.h - Parts of a function that are programs --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEDREGIONS_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEDREGIONS_H

#include "PlacementGraph.h"

namespace garam::hetero {

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

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PLACEDREGIONS_H
