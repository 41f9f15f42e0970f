//===- Passes.h - Passes of the hetero dialect ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H

#include "garam/Dialect/Hetero/Transforms/PlacementRules.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace garam {
namespace hetero {

/// The nodes of a module, as the frontend has listed them or, where it has not,
/// as locations name them.
std::vector<PlacedNode> listNodes(mlir::ModuleOp module);

/// What devices have answered when a module was placed before, for placing it
/// again.
struct DeviceAnswers;
std::shared_ptr<DeviceAnswers> makeDeviceAnswers();

/// What hetero-place finds out by its options, when it is known already.
struct PlacementResources {
  /// Of `rules-file`, checked with the nodes of the module and the devices of
  /// its system.
  PlacementRules rules;
  std::shared_ptr<DeviceAnswers> answers = makeDeviceAnswers();
};

} // namespace hetero

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

/// hetero-merge-equal-nodes with its rules.
std::unique_ptr<mlir::Pass> createHeteroMergeEqualNodesPass(
    const HeteroMergeEqualNodesPassOptions &options,
    std::shared_ptr<const hetero::PlacementResources> known);

/// hetero-place with a part of its work done.
std::unique_ptr<mlir::Pass>
createHeteroPlacePass(const HeteroPlacePassOptions &options,
                      std::shared_ptr<const hetero::PlacementResources> known);

} // namespace garam

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H
