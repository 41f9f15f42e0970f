//===- NodeIds.h - ONNX nodes that an operation comes from ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Node ids travel in locations, because upstream transformations keep those:
// a node "conv1" of model.onnx is NameLoc("node:conv1", FileLineColLoc), and
// what is fused is a FusedLoc of several, that of the operation whose result
// the fused operation has at the end. What several nodes compute alike, once,
// is a FusedLoc of theirs with a note that says so.
//
// The operation that makes an output of a node has the output's name and type
// as metadata of a FusedLoc around that location.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_NODEIDS_H
#define GARAM_SUPPORT_NODEIDS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <optional>
#include <string>

namespace garam {

/// Attribute of a module: [id, operator, opset] for each node of the model,
/// kept from the import to the end for messages, placements and reports.
constexpr llvm::StringLiteral nodesAttrName = "onnx.nodes";

/// Attribute of an argument or result of a function: what it is called in the
/// model.
constexpr llvm::StringLiteral valueNameAttrName = "onnx.name";

/// `wanted`, made longer until no argument or result of `function` has it.
std::string makeValueName(mlir::FunctionOpInterface function,
                          llvm::StringRef wanted);

/// The location of what belongs to node `id` of `file`.
mlir::Location getNodeLoc(mlir::MLIRContext *context, llvm::StringRef file,
                          llvm::StringRef id);

/// Ids of the nodes that `loc` names, each once, in order of appearance.
llvm::SmallVector<llvm::StringRef> getNodeIds(mlir::Location loc);

/// The location of an operation that stands for others too, equal to it, at
/// `equal`.
mlir::Location getEqualNodesLoc(mlir::Location own,
                                llvm::ArrayRef<mlir::Location> equal);

/// Ids of the nodes whose results an operation at `loc` has: of a fused one
/// the last, of one that stands for several all, its own first.
llvm::SmallVector<llvm::StringRef> getResultNodeIds(mlir::Location loc);

/// An output of a node.
struct NodeValue {
  /// The node's id, and for outputs behind the first ":NUMBER".
  std::string name;
  mlir::RankedTensorType type;
};

/// `loc`, of an operation that makes output `number` of the one node that `loc`
/// names, with a note of that.
mlir::Location getNodeValueLoc(mlir::Location loc, unsigned number,
                               mlir::RankedTensorType type);

/// `loc` without the note that getNodeValueLoc has made.
mlir::Location dropNodeValue(mlir::Location loc);

/// The output that the result of an operation at `loc` is, or was before its
/// type was changed; nothing when it lies within a node.
std::optional<NodeValue> getNodeValue(mlir::Location loc);

} // namespace garam

#endif // GARAM_SUPPORT_NODEIDS_H
