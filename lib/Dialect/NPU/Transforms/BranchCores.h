//===- BranchCores.h - Branches that share the cores ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Stages that follow one another fall apart into branches where none of one
// branch reads what another makes: the convolutions of an Inception module, the
// heads of a detector, both directions of a recurrent layer. Branches that take
// little less on all cores than on a few can have cores of their own each and
// run at the same time. Here is found, by a coarse model, where that may pay;
// the search for schedules tries it there.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_BRANCHCORES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_BRANCHCORES_H

#include "Stage.h"

#include <optional>
#include <vector>

namespace garam::npu {

/// What a stage takes, roughly.
struct StageSeconds {
  /// Of the engines and of handing results to other cores: element n - 1 is for
  /// at most n cores, and none is more than the one before it.
  std::vector<double> onCores;
  double weights = 0; // to read them from DRAM
};

/// The cores of a stage that is in one of several branches.
struct BranchCores {
  size_t window; // of stages that fall apart; they are numbered
  CoreGroup cores;
};

/// For each of `stages`, those of a function in their order, the cores that it
/// would have beside the other branches; nothing where that is not expected to
/// pay. `seconds` are those of the stages.
std::vector<std::optional<BranchCores>>
findBranchCores(llvm::ArrayRef<mlir::Operation *> stages,
                llvm::ArrayRef<StageSeconds> seconds,
                const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_BRANCHCORES_H
