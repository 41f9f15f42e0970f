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

/// What a placement depends on beside options.
struct PlacementContext {
  DeviceCompileOptions options;
  /// Checked with the nodes of the module and the devices of its system.
  PlacementRules rules;
  /// What is known to be refused beside what devices say: reasons by device
  /// and node.
  std::map<std::string, std::map<std::string, std::string>> refused;
  /// Whether devices are asked what they refuse. When nothing else can be done
  /// with it, their compile refuses it just as well.
  bool asksDevices = true;
};

} // namespace hetero

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

/// hetero-place with all that the driver knows; of the options, those that the
/// context has too do not count.
std::unique_ptr<mlir::Pass> createHeteroPlacePass(
    const HeteroPlacePassOptions &options,
    std::shared_ptr<const hetero::PlacementContext> placement);

} // namespace garam

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PASSES_H
