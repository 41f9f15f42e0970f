//===- Passes.h - Passes of the npu dialect ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/MemoryFill.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/CommandLine.h"

#include <future>

namespace garam {

class LaterForm;

#define GEN_PASS_DECL
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"

} // namespace garam

namespace garam::npu {

/// npu-search-schedules, which keeps in `later` the commands of the schedules
/// that it takes, where it has made some. `later` may be null.
std::unique_ptr<mlir::Pass>
createSearchSchedules(const NPUSearchSchedulesOptions &options,
                      LaterForm *later);

/// npu-lower-to-planned-commands, which takes the commands of a function that
/// `made` has. `made` may be null.
std::unique_ptr<mlir::Pass>
createLowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                             LaterForm *made);

/// The same whose option `limit` need not be known before commands are planned:
/// the pass waits for `limit` then.
std::unique_ptr<mlir::Pass>
createLowerToPlannedCommands(const NPULowerToPlannedCommandsOptions &options,
                             std::shared_future<double> limit);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_PASSES_H
